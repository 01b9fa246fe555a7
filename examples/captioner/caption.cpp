// captioner caption: one line an image.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/data/csv.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/nn/pack_weights.hpp>

#include "../command_line/program.hpp"
#include "captioning.hpp"
#include "commands.hpp"
#include "compute_options.hpp"
#include "image_arguments.hpp"
#include "json_line.hpp"
#include "run_folder.hpp"
#include "search_options.hpp"

namespace captioner {

namespace {

struct CaptionArguments {
  std::string run;
  std::vector<std::string> images;
  std::string format = "text";
  ComputeOptions compute;
  pupil::BeamSearchOptions search;
};

nlohmann::ordered_json to_json(const CaptionResult& result) {
  nlohmann::ordered_json object{{"image", result.path}};
  if (result.caption) {
    object["caption"] = *result.caption;
  } else {
    object["error"] = result.error;
  }
  return object;
}

/// The record of an image; in text and csv, there is none of one that has no caption.
std::string to_record(const CaptionResult& result, std::string_view format) {
  using command_line::field;
  if (format == "json") return json_line(to_json(result)) + "\n";
  if (!result.caption) return {};
  if (format == "csv") return pupil::csv_field(result.path) + ',' + pupil::csv_field(*result.caption) + "\n";
  return field(result.path) + '\t' + field(*result.caption) + "\n";
}

void caption(const CaptionArguments& arguments, ExitStatus& status) {
  command_line::require_output();
  begin_to_compute(arguments.compute);
  Model model = pupil::load_captioner<float>(RunFolder(arguments.run).model());
  pupil::pack_weights(model);
  if (arguments.format == "csv") command_line::write_output("image,caption\n");
  caption_files(model, arguments.images, arguments.search, [&](const CaptionResult& result) {
    if (!result.caption) {
      status.value = 1;
      command_line::complain("captioner", result.error);
    }
    command_line::write_output(to_record(result, arguments.format));
  });
}

}  // namespace

void add_caption_command(CLI::App& app, ExitStatus& status) {
  CLI::App* const command = app.add_subcommand("caption", "Say in one line what each image shows");
  const auto arguments = std::make_shared<CaptionArguments>();
  command->add_option("--run", arguments->run, "Folder of a trained run, or its model.safetensors")->required();
  add_image_arguments(*command, arguments->images);
  command->add_option("--format", arguments->format, "text: path, tab, caption; json: an object a line; csv")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  command->footer(std::string(how_names_are_written));
  add_search_options(*command, arguments->search);
  add_compute_options(*command, arguments->compute);
  command->callback([arguments, &status] { caption(*arguments, status); });
}

}  // namespace captioner
