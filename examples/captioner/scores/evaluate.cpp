// captioner evaluate: captions a split and scores it.

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/data/scene_captions.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/file_lock.hpp>
#include <pupil/metrics/scores.hpp>

#include "../../command_line/program.hpp"
#include "../commands.hpp"
#include "../common/interruption.hpp"
#include "../common/kept_inputs.hpp"
#include "../common/run_folder.hpp"
#include "../ranks/ranks.hpp"
#include "captioned_split.hpp"
#include "score_report.hpp"

namespace captioner {

namespace {

struct EvaluateArguments {
  SplitArguments split;
  std::uint64_t seed = 0;
  std::string json;
  bool shuffled = false;
  bool scenes = false;
};

/// CIDEr-D of the same captions, each given to another image: what is left is what needs no picture.
double shuffled_cider_d(const CaptionedSplit& captioned, std::uint64_t seed) {
  auto shuffled = captioned.candidates;
  pupil::Rng rng(seed);
  rng.shuffle(shuffled);
  return pupil::captioning::score_captions(shuffled, captioned.reference_words).cider_d;
}

/// How the captions were made.
void add_settings(nlohmann::ordered_json& json, const CaptionSettings& settings) {
  if (const auto* const search = std::get_if<pupil::captioning::BeamSearchOptions>(&settings)) {
    json["beam"] = search->width;
    json["length_penalty"] = search->length_penalty;
    json["no_repetition"] = search->constraints.no_repetition;
  } else {
    const auto& sampling = std::get<pupil::captioning::SamplingOptions>(settings);
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

void write_json(const EvaluateArguments& arguments, const CaptionSettings& settings, const CaptionedSplit& captioned) {
  nlohmann::ordered_json json;
  json["split"] = arguments.split.split;
  add_settings(json, settings);
  json["scores"] = json_of(captioned.scores);
  json["statistics"] = json_of(captioned.statistics);
  if (captioned.confidence) json["confidence"] = json_of(*captioned.confidence);
  auto& captions = json["captions"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < captioned.samples.size(); ++i) {
    const CaptionedSample& sample = captioned.samples[i];
    captions.push_back(scored_caption(sample.image, pupil::captioning::join(captioned.candidates[i]), sample.references,
                                      captioned.scores, i));
    if (sample.confidence) captions.back()["confidence"] = *sample.confidence;
    if (arguments.split.search.captions) captions.back()["all"] = to_json(sample.said);
  }
  const std::string text = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  pupil::write_file_atomically(arguments.json, text);
}

/// How many captions name every coloured shape that their references name, and no other.
void print_scenes_right(const CaptionedSplit& captioned) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < captioned.samples.size(); ++i) {
    const auto truth = pupil::captioning::named_shapes(captioned.samples[i].references.front());
    if (pupil::captioning::named_shapes(pupil::captioning::join(captioned.candidates[i])) == truth) ++right;
  }
  const std::size_t total = captioned.samples.size();
  const double percent = 100.0 * static_cast<double>(right) / static_cast<double>(total);
  command_line::write_output(
      pupil::message("held-out captions right: ", right, " of ", total, " (", with_decimals(percent, 1), " %)\n"));
}

void write_results(const EvaluateArguments& arguments, const CaptionSettings& settings,
                   const CaptionedSplit& captioned) {
  if (!arguments.json.empty()) write_json(arguments, settings, captioned);
  command_line::write_output(pupil::message("images   ", captioned.samples.size(), "\n") +
                             scores_text(captioned.scores) + statistics_text(captioned.statistics));
  if (arguments.shuffled) {
    const double cider_d = shuffled_cider_d(captioned, arguments.seed);
    command_line::write_output("CIDEr-D of the same captions, shuffled over the images  " + with_decimals(cider_d, 4) +
                               "\n");
  }
  if (arguments.scenes) print_scenes_right(captioned);
  if (captioned.confidence) command_line::write_output(confidence_text(*captioned.confidence));
}

/// The same on all ranks, or they would not caption what they have shared out.
void require_same_split(const Ranks& ranks, const CaptionMaker& maker,
                        const std::vector<pupil::captioning::Sample>& samples) {
  for (const RunInfo& each : maker.runs()) ranks.require_same("captioner", RunFolder(each.file).model_fingerprint());
  std::vector<std::string> names;
  for (const pupil::captioning::Sample& sample : samples) names.push_back(sample.image);
  require_same_list(ranks, "images of the split", names);
}

/// The evaluation as one of these ranks.
void evaluate_as(const Ranks& ranks, const EvaluateArguments& arguments) {
  ranks.require_same("version", CAPTIONER_VERSION);
  std::optional<pupil::captioning::FileLock> lock;
  if (!arguments.json.empty() && ranks.is_first()) {
    require_input_kept("--json", arguments.json, split_inputs(arguments.split));
    lock.emplace(pupil::captioning::lock_output(arguments.json));
    pupil::TemporaryFile{arguments.json};  // throws now where it would after the work
  }
  ProgressLine line(!ranks.is_first());
  share_processors(ranks);
  begin_to_compute(arguments.split.compute, line);
  const CaptionMaker maker(arguments.split.runs, arguments.split.search, WeightsAre::as_trained);
  const pupil::captioning::CaptionedImages data = read_untrained_split(maker, arguments.split, line);
  const pupil::captioning::Split split = pupil::captioning::split_named(arguments.split.split);
  if (!ranks.is_alone()) require_same_split(ranks, maker, data.at(split));
  const CaptionedSplit captioned = caption_split(maker, data, split, ranks, line);
  if (ranks.is_first()) write_results(arguments, maker.settings(), captioned);
}

void evaluate(const EvaluateArguments& arguments) {
  check_search_options(arguments.split.search);
  command_line::require_output();
  const auto ranks = start_ranks();
  note_interruptions();
  ranks->run([&] { pupil::captioning::with_file_errors([&] { evaluate_as(*ranks, arguments); }); });
}

}  // namespace

void add_evaluate_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("evaluate", "Caption a split and score the captions");
  const auto arguments = std::make_shared<EvaluateArguments>();
  add_split_options(*command, arguments->split);
  command->add_option("--seed", arguments->seed, "Decides how --shuffled shuffles and what --sample draws")
      ->capture_default_str();
  command->add_option("--json", arguments->json, "Write scores and every caption to this file");
  command->add_flag("--shuffled", arguments->shuffled, "Also score the same captions shuffled over the images");
  command->add_flag("--scenes", arguments->scenes,
                    "Also count the captions that name exactly the coloured shapes in the picture");
  command->footer(how_figures_are_meant);
  command->callback([arguments] {
    arguments->split.search.seed = arguments->seed;
    evaluate(*arguments);
  });
}

}  // namespace captioner
