// captioner report: one page that shows how a captioner was trained, and what it says of a split.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/io/atomic_file.hpp>
#include <pupil/io/file_lock.hpp>
#include <pupil/io/image.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/program.hpp"
#include "../captions/box_model.hpp"
#include "../captions/captioning.hpp"
#include "../captions/search_options.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/interruption.hpp"
#include "../common/kept_inputs.hpp"
#include "../common/progress_line.hpp"
#include "../common/run_folder.hpp"
#include "../common/run_split.hpp"
#include "examples.hpp"
#include "gallery.hpp"
#include "how_made.hpp"
#include "html.hpp"
#include "overview.hpp"
#include "page.hpp"
#include "report_data.hpp"
#include "word_use.hpp"

namespace captioner {

namespace {

struct ReportArguments {
  std::vector<std::string> runs;
  std::string data;
  std::string out;
  std::string split = "dev";
  std::optional<std::uint64_t> split_seed;
  std::size_t examples = 20;
  std::uint64_t seed = 0;
  bool allow_trained = false;
  ComputeOptions compute;
  SearchOptions search;
};

/// What was computed before the first byte of the page.
struct Contents {
  std::string command;
  std::vector<report::ReportedRun> runs;
  report::ReportData measured;
};

/// The files of the captioners, and the captions.
std::vector<std::filesystem::path> inputs_of(const ReportArguments& arguments) {
  std::vector<std::filesystem::path> inputs = caption_files(arguments.data);
  for (const std::string& folder : runs_or_box(arguments.runs)) {
    const RunFolder run(folder), beside(run.model().parent_path());
    inputs.insert(inputs.end(), {run.model(), beside.checkpoint(), beside.settings(), beside.history()});
  }
  return inputs;
}

std::vector<std::filesystem::path> image_files(const pupil::CaptionedImages& data) {
  std::vector<std::filesystem::path> files;
  for (const auto& samples : data.samples) {
    for (const pupil::Sample& sample : samples) files.push_back(data.image_folder / sample.image);
  }
  return files;
}

std::string names_of(const Contents& contents) {
  std::string names;
  for (const auto& run : contents.runs) names += (names.empty() ? "" : ", ") + run.info.run;
  return names;
}

/// Writes the photographs one by one: only one of them is in memory.
void write_gallery(pupil::AtomicFile& page, const Contents& contents, const CaptionMaker& maker,
                   const ReportArguments& arguments) {
  const report::ReportData& measured = contents.measured;
  const auto& scores = measured.scores.cider_d_of_image;
  const auto examples = report::choose_examples(scores, arguments.examples, arguments.seed);
  page.write(report::gallery_begin(measured.images.front().confidence.has_value()));
  ProgressLine line;
  std::size_t written = 0;
  for (const report::Example& example : examples) {
    stop_if_interrupted();
    const auto& said = measured.images[example.place];
    const auto& words = measured.candidates[example.place];
    const pupil::Image image = pupil::read_image(said.file);
    page.write(
        report::to_html({said, scores[example.place], measured.scores.rouge_l_of_image[example.place], example.groups,
                         report::embed(image), words, report::attention_of(maker, image, words)}));
    line.show("photographs: " + std::to_string(++written) + " of " + std::to_string(examples.size()));
  }
  page.write(report::gallery_end());
}

std::string header_html(const Contents& contents, const std::vector<report::Section>& sections,
                        const ReportArguments& arguments) {
  const std::size_t count = contents.measured.images.size();
  std::string html = pupil::message(
      "<header>\n<h1>What a captioner says of ", count, count == 1 ? " photograph" : " photographs",
      "</h1>\n<p>Captioner: ", report::escaped(names_of(contents)), ". Photographs: the ", arguments.split,
      " split of ", report::escaped(arguments.data), ".</p>\n<nav aria-label=\"Contents\"><ul>");
  for (const report::Section& section : sections) {
    html += pupil::message("<li><a href=\"#", section.id, "\">", section.heading, "</a></li>");
  }
  return html + "</ul></nav>\n</header>\n<main>\n";
}

std::string gallery_note(const CaptionMaker& maker, const ReportArguments& arguments) {
  std::string note = pupil::message(
      "<p>Each photograph with what the captioner says of it, and what people wrote: the ", arguments.examples,
      " with the highest CIDEr-D, the ", arguments.examples, " with the lowest, and ", arguments.examples,
      " by chance. Point at a word of a caption, tap it, or move to it with Tab and the arrow keys: the photograph "
      "stays "
      "bright where the captioner looked when it said that word. A percentage below it is the part of that look which "
      "was "
      "at the photograph; the rest was at the words before.");
  if (maker.runs().size() > 1) note += " Of the captioners that speak together, that is the first one's look.";
  return note + "</p>\n";
}

void write_page(const Contents& contents, const CaptionMaker& maker, const ReportArguments& arguments) {
  const report::Section scores{"scores", "Scores"}, gallery{"gallery", "Photographs"}, training{"training", "Training"},
      words{"words", "Words"}, confidence{"confidence", "Confidence"}, made{"made", "How this was made"};
  pupil::AtomicFile page(arguments.out);
  const auto write_section = [&](const report::Section& section, const std::string& html) {
    page.write(report::section_begin(section) + html + report::section_end());
  };
  page.write(report::page_begin("Captions of the " + arguments.split + " split by " + names_of(contents)));
  page.write(header_html(contents, {scores, gallery, training, words, confidence, made}, arguments));
  write_section(scores, report::scores_html(contents.measured));
  page.write(report::section_begin(gallery) + gallery_note(maker, arguments));
  write_gallery(page, contents, maker, arguments);
  page.write(report::section_end());
  write_section(training, report::training_html(contents.runs));
  write_section(words, report::to_html(
                           report::measure_word_use(contents.measured.candidates, contents.measured.reference_words)));
  write_section(confidence, report::calibration_html(
                                report::judged_confidences(contents.measured, pupil::split_named(arguments.split))));
  write_section(made, "<p>Captions were made by " + report::decoding_in_words(maker.settings()) +
                          ". The command was:</p>\n<pre>" + report::escaped(contents.command) + "</pre>\n" +
                          report::all_settings_html(contents.runs));
  page.write("</main>\n" + report::page_end());
  stop_if_interrupted();
  page.commit();
}

void make_report(const ReportArguments& arguments, const std::string& command) {
  check_search_options(arguments.search);
  command_line::require_output();
  note_interruptions();
  require_input_kept("--out", arguments.out, inputs_of(arguments));
  const pupil::FileLock lock = pupil::lock_output(arguments.out);
  pupil::TemporaryFile{arguments.out};  // throws now where it would after the work
  begin_to_compute(arguments.compute);
  const CaptionMaker maker(arguments.runs, arguments.search, WeightsAre::as_trained);
  const pupil::CaptionedImages data = read_data_of_runs(maker.runs(), arguments.data, arguments.split_seed);
  require_input_kept("--out", arguments.out, image_files(data));
  for (const std::string& warning : data.warnings()) command_line::complain("captioner", warning);
  const pupil::Split split = pupil::split_named(arguments.split);
  Contents contents{command, {}, {}};
  for (const RunInfo& each : maker.runs()) {
    ProgressLine line;
    check_untrained(each.training, each.file, data, split, arguments.allow_trained, line);
    contents.runs.push_back(report::read_run(each));
  }
  contents.measured = report::measure(maker, data, split);
  write_page(contents, maker, arguments);
  command_line::write_output(arguments.out + "\n");
}

}  // namespace

void add_report_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command =
      app.add_subcommand("report", "Make a page of a captioner: its training, its scores, photographs with captions");
  const auto arguments = std::make_shared<ReportArguments>();
  add_run_option(*command, arguments->runs);
  command->add_option("--data", arguments->data, "Folder of Flickr8k, in Kaggle's or the official form")->required();
  command->add_option("--out", arguments->out, "The page to write: one HTML file that needs no other")->required();
  command->add_option("--split", arguments->split, "Which part of the data")
      ->check(CLI::IsMember({"train", "dev", "test"}))
      ->capture_default_str();
  command->add_option("--split-seed", arguments->split_seed,
                      "Decides the split where neither the run nor lists of the data do");
  command->add_flag("--allow-trained", arguments->allow_trained,
                    "Show dev or test images that the captioner was trained on all the same");
  command
      ->add_option("--examples", arguments->examples,
                   "How many of the best captions are shown with their photographs, of the worst, and by chance")
      ->check(command_line::from_to(std::size_t{1}, std::size_t{1000}))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Decides which photographs come by chance, and what --sample draws")
      ->capture_default_str();
  add_search_options(*command, arguments->search);
  add_compute_options(*command, arguments->compute);
  command->callback([arguments, command] {
    arguments->search.seed = arguments->seed;
    make_report(*arguments, report::command_line_of(*command));
  });
}

}  // namespace captioner
