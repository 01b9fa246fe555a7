// captioner caption: one line an image, or a caption.

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/data/csv.hpp>

#include "../../command_line/program.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/image_arguments.hpp"
#include "../common/json_line.hpp"
#include "captioning.hpp"
#include "search_options.hpp"
#include "trust_options.hpp"

namespace captioner {

namespace {

struct CaptionArguments {
  std::vector<std::string> runs;
  std::vector<std::string> images;
  std::string format = "text";
  ComputeOptions compute;
  SearchOptions search;
  TrustOptions trust;
};

/// How probable a caption is, as people read it: three digits.
std::string probability(const SaidCaption& caption) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", std::exp(caption.log_probability));
  return text;
}

nlohmann::ordered_json to_json(const CaptionResult& result, bool all) {
  nlohmann::ordered_json object{{"image", result.path}};
  if (!result.caption) {
    object["error"] = result.error;
  } else if (all) {
    auto& captions = object["captions"] = nlohmann::ordered_json::array();
    for (const SaidCaption& caption : result.captions) {
      captions.push_back({{"caption", caption.text},
                          {"probability", std::exp(caption.log_probability)},
                          {"log_probability", caption.log_probability}});
    }
  } else {
    object["caption"] = *result.caption;
  }
  if (result.confidence) object["confidence"] = shown_confidence(*result.confidence);
  return object;
}

/// The record of a caption, with its probability where `all` are shown, and further fields.
std::string to_record(const std::string& path, const SaidCaption& caption, std::string_view format, bool all,
                      const std::vector<std::string>& more) {
  using command_line::field;
  const bool is_csv = format == "csv";
  const char separator = is_csv ? ',' : '\t';
  std::string record =
      is_csv ? pupil::csv_field(path) + ',' + pupil::csv_field(caption.text) : field(path) + '\t' + field(caption.text);
  if (all) record += separator + probability(caption);
  for (const std::string& text : more) record += separator + text;
  return record + "\n";
}

/// The records of an image; in text and csv, there is none of one that has no caption.
std::string to_records(const CaptionResult& result, std::string_view format, bool all, const TrustOptions& trust) {
  if (format == "json") return json_line(to_json(result, all)) + "\n";
  std::string records;
  for (std::size_t i = 0; i < result.captions.size(); ++i) {
    records += to_record(result.path, result.captions[i], format, all, trust_fields(result, i, trust));
  }
  return records;
}

void caption(const CaptionArguments& arguments, ExitStatus& status) {
  check_search_options(arguments.search);
  pupil::require<pupil::OptionError>(!arguments.search.seed || arguments.search.sample, "--seed is ",
                                     arguments.search.seed.value_or(0),
                                     ", but without --sample no word is drawn by chance");
  command_line::require_output();
  begin_to_compute(arguments.compute);
  const CaptionMaker maker(arguments.runs, arguments.search, WeightsAre::packed);
  check_trust_options(arguments.trust, maker);
  const bool all = arguments.search.captions.has_value();
  if (arguments.format == "csv") {
    command_line::write_output(std::string("image,caption") + (all ? ",probability" : "") +
                               (arguments.trust.confidence ? ",confidence" : "") + "\n");
  }
  caption_files(maker, arguments.images, [&](const CaptionResult& found) {
    const CaptionResult result = as_trusted(found, arguments.trust);
    if (!result.caption) {
      status.value = 1;
      command_line::complain("captioner", result.error);
    }
    command_line::write_output(to_records(result, arguments.format, all, arguments.trust));
  });
}

}  // namespace

void add_caption_command(CLI::App& app, ExitStatus& status) {
  CLI::App* const command = app.add_subcommand("caption", "Say in one line what each image shows");
  const auto arguments = std::make_shared<CaptionArguments>();
  add_run_option(*command, arguments->runs);
  add_image_arguments(*command, arguments->images);
  command
      ->add_option("--format", arguments->format,
                   "text: path, tab, caption, and with --captions tab, probability; json: an object a line; csv")
      ->check(CLI::IsMember({"text", "json", "csv"}))
      ->capture_default_str();
  command->footer(std::string(how_names_are_written));
  add_search_options(*command, arguments->search);
  add_trust_options(*command, arguments->trust);
  command->add_option("--seed", arguments->search.seed, "Of --sample: decides which words are drawn")->default_str("0");
  add_compute_options(*command, arguments->compute);
  command->callback([arguments, &status] { caption(*arguments, status); });
}

}  // namespace captioner
