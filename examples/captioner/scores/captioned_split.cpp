#include "captioned_split.hpp"

#include <string_view>

#include "../captions/box_model.hpp"
#include "../captions/shared_captioning.hpp"
#include "../common/form_options.hpp"
#include "../common/kept_inputs.hpp"
#include "../common/progress_line.hpp"
#include "../common/run_folder.hpp"
#include "../common/run_split.hpp"
#include "acceptable.hpp"

namespace captioner {

namespace {

/// The split's images, captioned, without scores.
CaptionedSplit said_of(const CaptionMaker& maker, const pupil::captioning::CaptionedImages& data,
                       pupil::captioning::Split split, const Ranks& ranks, ProgressLine& line) {
  const auto& samples = data.at(split);
  CaptionedSplit captioned;
  std::size_t next = 0;
  caption_files_together(maker, ranks, image_paths(data, split), line, [&](const CaptionResult& result) {
    const pupil::captioning::Sample& sample = samples[next++];
    if (!result.caption) {
      line.print("captioner: skipped: " + result.error);
      ++captioned.skipped;
      return;
    }
    captioned.samples.push_back({sample.image, result.path, result.captions, result.confidence, sample.captions});
    captioned.candidates.push_back(pupil::captioning::tokenize(*result.caption));
    captioned.reference_words.push_back(reference_words(sample));
  });
  pupil::require<pupil::FileError>(!captioned.samples.empty(), data.folder.string(), ": no image of the ",
                                   pupil::captioning::split_name(split), " split can be read");
  return captioned;
}

/// How far the confidences can be trusted: on dev, of the images that they were not fitted to. Nothing where there are
/// none.
std::optional<ConfidenceReport> confidence_of(const CaptionedSplit& captioned, pupil::captioning::Split split) {
  const bool is_dev = split == pupil::captioning::Split::dev;
  std::vector<double> confidences;
  std::vector<bool> acceptable;
  for (std::size_t i = 0; i < captioned.samples.size(); ++i) {
    const CaptionedSample& sample = captioned.samples[i];
    if (!sample.confidence || (is_dev && is_calibration_image(sample.image))) continue;
    confidences.push_back(*sample.confidence);
    acceptable.push_back(is_acceptable(captioned.scores.cider_d_of_image[i]));
  }
  if (confidences.empty()) return std::nullopt;
  const std::string_view which = is_dev ? "dev that they were not learned from" : pupil::captioning::split_name(split);
  return report_confidence(pupil::message(confidences.size(), " images of ", which), confidences, acceptable);
}

}  // namespace

void add_split_options(CLI::App& command, SplitArguments& arguments) {
  add_run_option(command, arguments.runs);
  add_data_option(command, arguments.data, arguments.form);
  command.add_option("--split", arguments.split, "Which part of the data")
      ->check(CLI::IsMember({"train", "dev", "test"}))
      ->capture_default_str();
  command.add_option("--split-seed", arguments.split_seed,
                     "Decides the split where neither the run nor lists of the data do");
  command.add_flag("--allow-trained", arguments.allow_trained,
                   "Take dev or test images that the captioner was trained on all the same");
  add_search_options(command, arguments.search);
  add_compute_options(command, arguments.compute);
}

std::vector<std::filesystem::path> split_inputs(const SplitArguments& arguments) {
  std::vector<std::filesystem::path> inputs = caption_files(arguments.data, arguments.form);
  for (const std::string& folder : runs_or_box(arguments.runs)) {
    const RunFolder run(folder), beside(run.model().parent_path());
    inputs.insert(inputs.end(), {run.model(), beside.checkpoint(), beside.settings(), beside.history()});
  }
  return inputs;
}

pupil::captioning::CaptionedImages read_untrained_split(const CaptionMaker& maker, const SplitArguments& arguments,
                                                        ProgressLine& line) {
  pupil::captioning::CaptionedImages data =
      read_data_of_runs(maker.runs(), arguments.data, arguments.split_seed, arguments.form);
  for (const std::string& warning : data.warnings()) line.print("captioner: " + warning);
  for (const RunInfo& each : maker.runs()) {
    check_untrained(each.training, each.file, data, pupil::captioning::split_named(arguments.split),
                    arguments.allow_trained, line);
  }
  return data;
}

CaptionedSplit caption_split(const CaptionMaker& maker, const pupil::captioning::CaptionedImages& data,
                             pupil::captioning::Split split, const Ranks& ranks, ProgressLine& line) {
  CaptionedSplit captioned = said_of(maker, data, split, ranks, line);
  captioned.scores = pupil::captioning::score_captions(captioned.candidates, captioned.reference_words);
  captioned.statistics = pupil::captioning::caption_statistics(captioned.candidates, training_captions(data));
  captioned.confidence = confidence_of(captioned, split);
  return captioned;
}

}  // namespace captioner
