#include "caption_arguments.hpp"

#include <cstdint>
#include <filesystem>

#include <pupil/core/errors.hpp>

#include "../common/json_line.hpp"
#include "beside.hpp"
#include "run_info.hpp"

namespace captioner {

namespace {

template <class Choices>
CLI::IsMember one_of(const Choices& choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.name);
  return CLI::IsMember(names);
}

void add_output_options(CLI::App& command, CaptionArguments& arguments) {
  command
      .add_option(
          "--format", arguments.format,
          "text: path, tab, caption, and with --captions tab, probability; json: an object a line; csv; coco: "
          "COCO's results; html: a page. Not given: by the ending of --out (.txt, .tsv, .jsonl, .csv, .json for "
          "coco, .html)")
      ->check(one_of(caption_formats()))
      ->default_str(caption_formats().front().name);
  command.add_option("--out", arguments.out,
                     "File for the captions, in place of standard output; complete after every batch. What is in it "
                     "already is not captioned again, as long as image, captioner and settings are the same: that is "
                     "kept in a file beside it, with .done behind its name");
  command
      .add_option("--beside", arguments.beside,
                  "Write each caption beside its image too: txt, photo.txt; xmp, photo.jpg.xmp, for photo managers; "
                  "or both, txt,xmp. What others wrote there is kept")
      ->delimiter(',')
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->check(one_of(beside_files()));
  command
      .add_flag_function(
          "--sentence,!--no-sentence", [&arguments](std::int64_t said) { arguments.sentence = said > 0; },
          "Captions as people write them, \"A boy in a red T-shirt.\", or as metrics read them, \"a boy in a red "
          "tshirt\". Not given: sentences in html, and always beside images")
      ->take_last();
  command.add_flag("--dry-run", arguments.dry_run,
                   "Caption nothing: say of each image whether it would be captioned, captioned again, or is done");
}

}  // namespace

void add_caption_options(CLI::App& command, CaptionArguments& arguments) {
  add_run_option(command, arguments.runs);
  add_image_arguments(command, arguments.images);
  add_output_options(command, arguments);
  command.footer(std::string(how_names_are_written));
  add_search_options(command, arguments.search);
  add_trust_options(command, arguments.trust);
  command.add_option("--seed", arguments.search.seed, "Of --sample: decides which words are drawn")->default_str("0");
  add_compute_options(command, arguments.compute);
}

void check_caption_arguments(const CaptionArguments& arguments) {
  using pupil::OptionError;
  check_search_options(arguments.search);
  check_image_arguments(arguments.images);
  pupil::require<OptionError>(!arguments.search.seed || arguments.search.sample, "--seed is ",
                              arguments.search.seed.value_or(0), ", but without --sample no word is drawn by chance");
  pupil::require<OptionError>(!arguments.search.captions || chosen_format(arguments).name != "coco", "--captions is ",
                              arguments.search.captions.value_or(0), ", but COCO's results have one caption an image");
  if (!arguments.out) return;
  const std::string& out = *arguments.out;
  pupil::require<OptionError>(out != "-", "--out: - is no file; without --out captions go to standard output");
  pupil::require<OptionError>(!is_image_name(std::filesystem::path(out).filename().string()), "--out: ", out,
                              " is the name of an image; captions are text");
}

const FormatChoice& chosen_format(const CaptionArguments& arguments) {
  return arguments.format ? format_named(*arguments.format) : format_of_file(arguments.out.value_or(""));
}

}  // namespace captioner
