// captioner tune: chooses the beam and the length penalty by the dev split, learns how far captions by them can be
// trusted, and keeps both in the model's file, with how the train captions write words, for captions as sentences. From
// then on the captioner says nothing twice: that is better for who reads it, whatever it scores.

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pupil/io/file_lock.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/models/beam_search.hpp>
#include <pupil/models/caption_confidence_file.hpp>
#include <pupil/models/word_forms_file.hpp>
#include <pupil/text/characters.hpp>

#include "../../command_line/number_checks.hpp"
#include "../../command_line/program.hpp"
#include "../captions/caption_settings.hpp"
#include "../captions/captioning.hpp"
#include "../captions/run_models.hpp"
#include "../captions/written_forms.hpp"
#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/form_options.hpp"
#include "../common/image_batches.hpp"
#include "../common/interruption.hpp"
#include "../common/progress_line.hpp"
#include "../common/run_folder.hpp"
#include "../common/run_split.hpp"
#include "acceptable.hpp"
#include "confidence_fit.hpp"
#include "dev_features.hpp"

namespace captioner {

namespace {

constexpr Index widest = 10;
constexpr std::array length_penalties{0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5};

struct TuneArguments {
  std::string run;
  std::string data;
  pupil::captioning::FormOptions form;
  std::optional<std::uint64_t> split_seed;
  Index least_beam = 1;
  bool words_only = false;
  bool confidence_only = false;
  ComputeOptions compute;
};

DevFeatures read_dev(const RunModel& run, const pupil::captioning::CaptionedImages& data, ProgressLine& line) {
  const auto& samples = data.at(pupil::captioning::Split::dev);
  const std::vector<std::string> paths = image_paths(data, pupil::captioning::Split::dev);
  DevFeatures dev;
  const auto& options = run.model.options();
  const ImageFormat format{options.resize_to, options.image_size, options.normalization};
  for_each_image_batch(paths, {format}, [&](const ImageBatch& batch) {
    stop_if_interrupted();
    line.show(pupil::message("reading images: ", batch.first, " of ", paths.size()));
    for (std::size_t i = 0; i < batch.errors.size(); ++i) {
      dev.can_be_read.push_back(batch.errors[i].empty());
      if (dev.can_be_read.back()) {
        dev.images.push_back(samples[batch.first + i].image);
        dev.references.push_back(reference_words(samples[batch.first + i]));
      } else {
        line.print("captioner: skipped: " + batch.errors[i]);
      }
    }
    dev.batches.push_back(features_of(run.model, batch.images.front()));
  });
  pupil::require<pupil::FileError>(!dev.references.empty(), data.folder.string(),
                                   ": no image of the dev split can be read");
  return dev;
}

/// Of characters the same ones come again in every caption, so that nothing is said of what comes twice.
bool says_characters(const Model& model) {
  return pupil::captioning::tokens_of(model.vocabulary()) == pupil::captioning::CaptionTokens::characters;
}

/// All captions that a beam of this width comes to, of each image: what it says at any length penalty is the best of
/// them by that.
std::vector<std::vector<pupil::captioning::FoundCaption>> all_captions(const Model& model, const DevFeatures& dev,
                                                                       Index beam) {
  const pupil::captioning::BeamSearchOptions search{
      .width = beam,
      .captions = beam * model.options().max_caption_length,
      .constraints = {.no_repetition = !says_characters(model),
                      .conjunctions = pupil::captioning::conjunctions(model.vocabulary())}};
  std::vector<std::vector<pupil::captioning::FoundCaption>> captions;
  std::size_t image = 0;
  for (const Features& features : dev.batches) {
    stop_if_interrupted();
    for (auto& found : pupil::captioning::beam_search_n_best(model.decoder(), features, search)) {
      if (dev.can_be_read[image++]) captions.push_back(std::move(found));
    }
  }
  return captions;
}

double cider_d(const Model& model, const DevFeatures& dev,
               const std::vector<std::vector<pupil::captioning::FoundCaption>>& captions, double length_penalty) {
  std::vector<pupil::captioning::Sentence> candidates;
  for (const auto& of_image : captions) {
    const auto best = std::ranges::max_element(of_image, {}, [&](const pupil::captioning::FoundCaption& caption) {
      return pupil::captioning::caption_score(caption, length_penalty);
    });
    candidates.push_back(pupil::captioning::tokenize(pupil::captioning::join(model.vocabulary().decode(best->words))));
  }
  return pupil::captioning::score_captions(candidates, dev.references).cider_d;
}

std::string cell(double number, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%8.*f", decimals, number);
  return text;
}

/// The best settings by beams from `least` on; of equally good ones the narrowest beam, and the least penalty. Prints a
/// row a beam.
pupil::captioning::DecodingSettings try_all(const RunModel& run, const DevFeatures& dev, Index least,
                                            ProgressLine& line) {
  std::string header = "beam";
  for (const double penalty : length_penalties) header += cell(penalty, 1);
  command_line::write_output(std::string("dev CIDEr-D by beam and --length-penalty") +
                             (says_characters(run.model) ? "" : ", with --no-repetition") + "\n" + header + "\n");
  pupil::captioning::DecodingSettings best;
  double highest = -1;
  for (Index beam = least; beam <= widest; ++beam) {
    line.show(pupil::message("searching with a beam of ", beam));
    const auto captions = all_captions(run.model, dev, beam);
    std::string row = (beam < 10 ? "   " : "  ") + std::to_string(beam);
    for (const double penalty : length_penalties) {
      const double score = cider_d(run.model, dev, captions, penalty);
      row += cell(score, 4);
      if (score <= highest) continue;
      highest = score;
      best = {.beam = beam, .length_penalty = penalty, .no_repetition = !says_characters(run.model)};
    }
    line.clear();
    command_line::write_output(row + "\n");
  }
  return best;
}

/// Keeps how the train captions write words in the model's file; returns how many words have a form of their own.
std::size_t keep_written_forms(const RunModel& run, const pupil::captioning::CaptionedImages& data) {
  const pupil::captioning::WordForms forms =
      written_forms(data.at(pupil::captioning::Split::train), run.model.vocabulary());
  pupil::captioning::keep_word_forms(run.info.file, forms);
  return forms.all().size();
}

/// The settings that the file has already. Throws OptionError where it has none.
pupil::captioning::DecodingSettings kept_settings(const RunModel& run) {
  pupil::require<pupil::OptionError>(run.info.decoding.has_value(), "--confidence-only: no settings were chosen for ",
                                     run.info.file, " yet");
  return *run.info.decoding;
}

/// Held while a run's model is read and written anew, so that no training writes it meanwhile.
pupil::captioning::FileLock lock_model(const std::string& run) {
  constexpr auto activity = "its settings for decoding are being chosen";
  const std::filesystem::path model = RunFolder(run).model();
  const bool is_folder = std::filesystem::is_directory(run);
  return is_folder ? pupil::captioning::lock_folder(run, activity) : pupil::captioning::lock_output(model, activity);
}

/// Learns how far captions by these settings can be trusted, and keeps it; where they teach nothing, that is said.
void keep_confidence(const RunModel& run, const DevFeatures& dev, const pupil::captioning::DecodingSettings& settings,
                     ProgressLine& line) {
  line.show("learning how far captions can be trusted");
  try {
    pupil::captioning::keep_caption_confidence(run.info.file, fit_confidence(run.model, dev, settings));
  } catch (const pupil::FileError&) {
    throw;
  } catch (const pupil::Error& error) {
    line.print(pupil::message("captioner: ", run.info.file, " gets no confidence: ", error.what()));
    return;
  }
  line.clear();
  command_line::write_output(
      pupil::message("each caption has a confidence from here on: how probable it is that its "
                     "CIDEr-D is ",
                     acceptable_cider_d, " or more, learned from half of dev\n"));
}

void tune(const TuneArguments& arguments) {
  command_line::require_output();
  note_interruptions();
  begin_to_compute(arguments.compute);
  const pupil::captioning::FileLock lock = lock_model(arguments.run);
  const std::vector<RunModel> models = load_models({arguments.run});
  const RunModel& run = models.front();
  const pupil::captioning::CaptionedImages data =
      read_data_of_runs({&run.info, 1}, arguments.data, arguments.split_seed, arguments.form);
  ProgressLine line;
  for (const std::string& warning : data.warnings()) line.print("captioner: " + warning);
  if (arguments.words_only) {
    command_line::write_output(pupil::message("sentences of ", run.info.file, " write ", keep_written_forms(run, data),
                                              " words as the train captions do\n"));
    return;
  }
  check_untrained(run.info.training, run.info.file, data, pupil::captioning::Split::dev, false, line);
  const auto kept = arguments.confidence_only ? std::optional(kept_settings(run)) : std::nullopt;
  const DevFeatures dev = read_dev(run, data, line);
  const pupil::captioning::DecodingSettings best = kept ? *kept : try_all(run, dev, arguments.least_beam, line);
  pupil::captioning::keep_decoding_settings(run.info.file, best);
  if (!arguments.confidence_only) keep_written_forms(run, data);
  keep_confidence(run, dev, best, line);
  command_line::write_output(pupil::message("caption and evaluate take --beam ", best.beam, " --length-penalty ",
                                            best.length_penalty, best.no_repetition ? " --no-repetition of " : " of ",
                                            run.info.file, " from here on, where they are not told otherwise\n"));
}

}  // namespace

void add_tune_command(CLI::App& app, ExitStatus&) {
  CLI::App* const command = app.add_subcommand("tune",
                                               "Choose a model's beam and length penalty by the dev split, learn how "
                                               "far to trust its captions, and keep both in its file");
  const auto arguments = std::make_shared<TuneArguments>();
  command->add_option("--run", arguments->run, "Folder of a trained run, or its model.safetensors")->required();
  add_data_option(*command, arguments->data, arguments->form);
  command->add_option("--split-seed", arguments->split_seed,
                      "Decides the split where neither the run nor lists of the data do");
  command
      ->add_option("--least-beam", arguments->least_beam,
                   "Try beams from this one on; of a beam of 3, serve shows three captions of an image")
      ->check(command_line::from_to(Index{1}, widest))
      ->capture_default_str();
  command->add_flag(
      "--words-only", arguments->words_only,
      "Keep how the train captions write words (T-shirt of tshirt), for captions as sentences, and do nothing else");
  command
      ->add_flag("--confidence-only", arguments->confidence_only,
                 "Keep the beam and length penalty that the file has, and learn the confidence in captions by them")
      ->excludes("--words-only");
  add_compute_options(*command, arguments->compute);
  command->callback([arguments] { tune(*arguments); });
}

}  // namespace captioner
