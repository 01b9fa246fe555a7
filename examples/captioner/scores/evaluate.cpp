// captioner evaluate: captions a split and scores it.

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/core/random.hpp>
#include <pupil/data/scene_captions.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/file_lock.hpp>
#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/metrics/scores.hpp>

#include "../../command_line/program.hpp"
#include "../captions/box_model.hpp"
#include "../captions/captioning.hpp"
#include "../captions/search_options.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/form_options.hpp"
#include "../common/interruption.hpp"
#include "../common/kept_inputs.hpp"
#include "../common/progress_line.hpp"
#include "../common/run_folder.hpp"
#include "../common/run_split.hpp"
#include "acceptable.hpp"
#include "confidence_report.hpp"
#include "score_report.hpp"

namespace captioner {

namespace {

struct EvaluateArguments {
  std::vector<std::string> runs;
  std::string data;
  pupil::FormOptions form;
  std::string split = "dev";
  std::optional<std::uint64_t> split_seed;
  std::uint64_t seed = 0;
  std::string json;
  bool allow_trained = false;
  bool shuffled = false;
  bool scenes = false;
  ComputeOptions compute;
  SearchOptions search;
};

/// The captions of a split, with what people wrote of the same images.
struct Evaluation {
  std::vector<std::string> images;
  std::vector<pupil::Sentence> candidates;
  std::vector<std::vector<pupil::Sentence>> references;
  std::vector<std::vector<std::string>> reference_texts;
  std::vector<std::vector<SaidCaption>> said;  ///< all captions that were asked for; the first is the candidate
  std::vector<double> confidences;             ///< in the candidates; none where the captioner has none
};

Evaluation caption_split(const CaptionMaker& maker, const pupil::CaptionedImages& data,
                         const EvaluateArguments& arguments) {
  const auto& samples = data.at(pupil::split_named(arguments.split));
  std::vector<std::string> paths;
  for (const pupil::Sample& sample : samples) paths.push_back((data.image_folder / sample.image).string());
  Evaluation evaluation;
  std::size_t next = 0;
  ProgressLine line;
  caption_files(maker, paths, [&](const CaptionResult& result) {
    stop_if_interrupted();
    const pupil::Sample& sample = samples[next++];
    if (!result.caption) {
      line.print("captioner: skipped: " + result.error);
      return;
    }
    evaluation.images.push_back(sample.image);
    evaluation.candidates.push_back(pupil::tokenize(*result.caption));
    evaluation.references.push_back(reference_words(sample));
    evaluation.reference_texts.push_back(sample.captions);
    evaluation.said.push_back(result.captions);
    if (result.confidence) evaluation.confidences.push_back(*result.confidence);
    line.show("captioning: " + std::to_string(next) + " of " + std::to_string(samples.size()));
  });
  pupil::require<pupil::FileError>(!evaluation.images.empty(), data.folder.string(), ": no image of the ",
                                   arguments.split, " split can be read");
  return evaluation;
}

/// CIDEr-D of the same captions, each given to another image: what is left is what needs no picture.
double shuffled_cider_d(const Evaluation& evaluation, std::uint64_t seed) {
  auto shuffled = evaluation.candidates;
  pupil::Rng rng(seed);
  rng.shuffle(shuffled);
  return pupil::score_captions(shuffled, evaluation.references).cider_d;
}

/// How far the confidences can be trusted: on dev, of the images that they were not fitted to. Nothing where there are
/// none.
std::optional<ConfidenceReport> report_confidence_of(const Evaluation& evaluation, const std::string& split,
                                                     const pupil::CaptionScores& scores) {
  if (evaluation.confidences.empty()) return std::nullopt;
  std::vector<double> confidences;
  std::vector<bool> acceptable;
  for (std::size_t i = 0; i < evaluation.images.size(); ++i) {
    if (split == "dev" && is_calibration_image(evaluation.images[i])) continue;
    confidences.push_back(evaluation.confidences[i]);
    acceptable.push_back(is_acceptable(scores.cider_d_of_image[i]));
  }
  if (confidences.empty()) return std::nullopt;
  const char* const which = split == "dev" ? " images of dev that they were not learned from" : " images of ";
  return report_confidence(pupil::message(confidences.size(), which, split == "dev" ? "" : split), confidences,
                           acceptable);
}

/// How the captions were made.
void add_settings(nlohmann::ordered_json& json, const CaptionSettings& settings) {
  if (const auto* const search = std::get_if<pupil::BeamSearchOptions>(&settings)) {
    json["beam"] = search->width;
    json["length_penalty"] = search->length_penalty;
    json["no_repetition"] = search->constraints.no_repetition;
  } else {
    const auto& sampling = std::get<pupil::SamplingOptions>(settings);
    json["sample"] = {{"temperature", sampling.draw.temperature},
                      {"top_k", sampling.draw.top_k},
                      {"top_p", sampling.draw.top_p},
                      {"seed", sampling.seed}};
  }
}

/// All captions of an image, where several were asked for.
nlohmann::ordered_json to_json(const std::vector<SaidCaption>& captions) {
  auto json = nlohmann::ordered_json::array();
  for (const SaidCaption& caption : captions) {
    json.push_back({{"caption", caption.text}, {"log_probability", caption.log_probability}});
  }
  return json;
}

void write_json(const std::string& path, const EvaluateArguments& arguments, const CaptionSettings& settings,
                const Evaluation& evaluation, const pupil::CaptionScores& scores,
                const pupil::CaptionStatistics& statistics, const std::optional<ConfidenceReport>& confidence) {
  nlohmann::ordered_json json;
  json["split"] = arguments.split;
  add_settings(json, settings);
  json["scores"] = json_of(scores);
  json["statistics"] = json_of(statistics);
  if (confidence) json["confidence"] = json_of(*confidence);
  auto& captions = json["captions"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < evaluation.images.size(); ++i) {
    captions.push_back(scored_caption(evaluation.images[i], pupil::join(evaluation.candidates[i]),
                                      evaluation.reference_texts[i], scores, i));
    if (!evaluation.confidences.empty()) captions.back()["confidence"] = evaluation.confidences[i];
    if (arguments.search.captions) captions.back()["all"] = to_json(evaluation.said[i]);
  }
  const std::string text = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  pupil::write_file_atomically(path, text);
}

/// How many captions name every coloured shape that their references name, and no other.
void print_scenes_right(const Evaluation& evaluation) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < evaluation.images.size(); ++i) {
    const auto truth = pupil::named_shapes(evaluation.reference_texts[i].front());
    if (pupil::named_shapes(pupil::join(evaluation.candidates[i])) == truth) ++right;
  }
  const std::size_t total = evaluation.images.size();
  const double percent = 100.0 * static_cast<double>(right) / static_cast<double>(total);
  command_line::write_output(
      pupil::message("held-out captions right: ", right, " of ", total, " (", with_decimals(percent, 1), " %)\n"));
}

void evaluate(const EvaluateArguments& arguments) {
  check_search_options(arguments.search);
  command_line::require_output();
  note_interruptions();
  std::optional<pupil::FileLock> lock;
  if (!arguments.json.empty()) {
    std::vector<std::filesystem::path> inputs = caption_files(arguments.data, arguments.form);
    for (const std::string& folder : runs_or_box(arguments.runs)) {
      const RunFolder run(folder);
      inputs.insert(inputs.end(), {run.model(), run.checkpoint(), run.settings()});
    }
    require_input_kept("--json", arguments.json, inputs);
    lock.emplace(pupil::lock_output(arguments.json));
    pupil::TemporaryFile{arguments.json};  // throws now where it would after the work
  }
  begin_to_compute(arguments.compute);
  const CaptionMaker maker(arguments.runs, arguments.search, WeightsAre::as_trained);
  const pupil::CaptionedImages data =
      read_data_of_runs(maker.runs(), arguments.data, arguments.split_seed, arguments.form);
  for (const std::string& warning : data.warnings()) command_line::complain("captioner", warning);
  {
    ProgressLine line;
    for (const RunInfo& each : maker.runs()) {
      check_untrained(each.training, each.file, data, pupil::split_named(arguments.split), arguments.allow_trained,
                      line);
    }
  }
  const Evaluation evaluation = caption_split(maker, data, arguments);
  const pupil::CaptionScores scores = pupil::score_captions(evaluation.candidates, evaluation.references);
  const pupil::CaptionStatistics statistics = pupil::caption_statistics(evaluation.candidates, training_captions(data));
  const auto confidence = report_confidence_of(evaluation, arguments.split, scores);
  if (!arguments.json.empty()) {
    write_json(arguments.json, arguments, maker.settings(), evaluation, scores, statistics, confidence);
  }
  command_line::write_output(pupil::message("images   ", evaluation.images.size(), "\n") + scores_text(scores) +
                             statistics_text(statistics));
  if (arguments.shuffled) {
    const double cider_d = shuffled_cider_d(evaluation, arguments.seed);
    command_line::write_output("CIDEr-D of the same captions, shuffled over the images  " + with_decimals(cider_d, 4) +
                               "\n");
  }
  if (arguments.scenes) print_scenes_right(evaluation);
  if (confidence) command_line::write_output(confidence_text(*confidence));
}

}  // namespace

void add_evaluate_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("evaluate", "Caption a split and score the captions");
  const auto arguments = std::make_shared<EvaluateArguments>();
  add_run_option(*command, arguments->runs);
  add_data_option(*command, arguments->data, arguments->form);
  command->add_option("--split", arguments->split, "Which part of the data")
      ->check(CLI::IsMember({"train", "dev", "test"}))
      ->capture_default_str();
  command->add_option("--split-seed", arguments->split_seed,
                      "Decides the split where neither the run nor lists of the data do");
  command->add_flag("--allow-trained", arguments->allow_trained,
                    "Score dev or test images that the captioner was trained on all the same");
  command->add_option("--seed", arguments->seed, "Decides how --shuffled shuffles and what --sample draws")
      ->capture_default_str();
  command->add_option("--json", arguments->json, "Write scores and every caption to this file");
  command->add_flag("--shuffled", arguments->shuffled, "Also score the same captions shuffled over the images");
  command->add_flag("--scenes", arguments->scenes,
                    "Also count the captions that name exactly the coloured shapes in the picture");
  command->footer(how_figures_are_meant);
  add_search_options(*command, arguments->search);
  add_compute_options(*command, arguments->compute);
  command->callback([arguments] {
    arguments->search.seed = arguments->seed;
    evaluate(*arguments);
  });
}

}  // namespace captioner
