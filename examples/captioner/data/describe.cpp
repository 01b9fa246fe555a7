// captioner describe: what a folder of data is understood as, and what is wrong with it, before anything is trained.

#include <cstdint>
#include <memory>
#include <string>

#include <pupil/data/data_forms.hpp>

#include "../../command_line/program.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/form_options.hpp"
#include "../common/interruption.hpp"
#include "../common/progress_line.hpp"
#include "data_report.hpp"

namespace captioner {

namespace {

struct DescribeArguments {
  std::string data;
  pupil::captioning::FormOptions form;
  std::uint64_t split_seed = 0;
  std::string format = "text";
  bool images = true;
  int threads = 0;
};

void describe(const DescribeArguments& arguments) {
  command_line::require_output();
  note_interruptions();
  ProgressLine line;
  use_threads(arguments.threads, line);
  line.show("reading captions");
  const pupil::captioning::CaptionedImages data =
      pupil::captioning::read_captioned_images(arguments.data, arguments.form, arguments.split_seed);
  DataReport report{
      .data = data, .split_seed = arguments.split_seed, .captions = summarize(data), .images = std::nullopt};
  if (arguments.images) report.images = check_images(data, line);
  line.clear();
  command_line::write_output(arguments.format == "json" ? report_json(report) : report_text(report));
}

}  // namespace

void add_describe_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command =
      app.add_subcommand("describe", "Say what a folder of data is understood as, and what is wrong with it");
  const auto arguments = std::make_shared<DescribeArguments>();
  add_data_option(*command, arguments->data, arguments->form);
  command->add_option("--split-seed", arguments->split_seed, "Decides the split where the data has none of its own")
      ->capture_default_str();
  command->add_flag("--images,!--no-images", arguments->images,
                    "Read every image too, to find those that are broken or the same");
  command->add_option("--format", arguments->format, "text, or json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  add_threads_option(*command, arguments->threads);
  command->callback([arguments] { describe(*arguments); });
}

}  // namespace captioner
