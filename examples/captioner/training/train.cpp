// captioner train: trains encoder and decoder together, from pixels to words; or a decoder on the features of a
// pretrained encoder; or a captioner of such a run further, alone or with its encoder, on people's captions or on the
// metric.

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/data/data_forms.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/models/captioner_file.hpp>

#include "../commands.hpp"
#include "../common/compute_options.hpp"
#include "../common/interruption.hpp"
#include "../common/run_folder.hpp"
#include "../ranks/ranks.hpp"
#include "same_start.hpp"
#include "settings_choice.hpp"
#include "trainer.hpp"
#include "training_options.hpp"
#include "training_start.hpp"

namespace captioner {

namespace {

/// As settings_to_begin has them.
constexpr std::string_view other_defaults =
    "On --features without --start-from, the defaults are --captions-per-image 1 --embedding-size 256 --dropout 0.3 "
    "--word-loss 0\n"
    "--learning-rate 0.001 --schedule cosine --epochs 8; with --start-from, --learning-rate 0.0001 --word-loss 0, and\n"
    "sizes and dropout of the captioner it starts from; with --objective cider-d, --learning-rate 0.0001 --dropout "
    "0.4\n"
    "--batch-size 20 --weight-decay 0.01 --moving-average 0.999 --schedule cosine --epochs 14.";

struct TrainArguments {
  std::string out;
  std::string cache;
  int threads = 0;
  bool resume = false;
  bool overwrite = false;
  TrainingSettings settings;
  SettingOptions options;
};

/// What the run is to do. Throws where its folder holds something that it must not touch; writes nothing.
TrainingSettings choose_settings(const TrainArguments& arguments, const RunFolder& run) {
  if (arguments.resume && std::filesystem::exists(run.settings())) {
    return settings_to_resume(arguments.settings, arguments.options, run);
  }
  const TrainingSettings settings = settings_to_begin(arguments.settings, arguments.options);
  pupil::require<pupil::FileError>(!run.in_use() || arguments.resume || arguments.overwrite, arguments.out,
                                   ": already there; --resume goes on with it, --overwrite begins anew");
  const bool starts_here =
      settings.starts_from_a_run() && run.in_use() &&
      std::filesystem::equivalent(RunFolder(settings.start_from).model().parent_path(), run.path());
  pupil::require<pupil::OptionError>(!starts_here, "--start-from: ", settings.start_from,
                                     " is in --out, and would be overwritten");
  return settings;
}

/// Where the decoded images are kept: those of all, or of the shards of this rank.
std::filesystem::path cache_file(const TrainArguments& arguments, const TrainingSettings& settings,
                                 const RunFolder& run, const Ranks& ranks) {
  const bool in_shards = settings.shard_data && !settings.reads_features();
  pupil::require<pupil::OptionError>(!in_shards || !arguments.cache.empty(),
                                     "--shard-data needs --cache, a folder of each machine's own for its images");
  if (arguments.cache.empty()) return run.images();
  std::filesystem::create_directories(arguments.cache);
  std::string name = "images-" + std::to_string(settings.resized());
  if (in_shards) {
    const pupil::captioning::BatchRange here = shards_of_rank(ranks, settings.shards);
    name += pupil::message("-shards-", here.begin, "-to-", here.end - 1, "-of-", settings.shards);
  }
  return std::filesystem::path(arguments.cache) / (name + ".safetensors");
}

/// A run to be trained, from its beginning or from where it stopped.
struct PreparedRun {
  TrainingData data;
  TrainingState state;
};

/// The captioner whose words and normalisation a run has that it starts from; nothing for others.
std::optional<pupil::captioning::CaptionerDescription> origin_of(const TrainingSettings& settings, const RunFolder& run,
                                                                 bool goes_on) {
  if (!settings.starts_from_a_run()) return std::nullopt;
  const auto file = goes_on ? run.checkpoint() : RunFolder(settings.start_from).model();
  return pupil::captioning::read_captioner_description(pupil::SafetensorsFile(file));
}

/// The data set, which may have been moved since the run began.
pupil::captioning::CaptionedImages read_folder(const TrainingSettings& settings, bool goes_on) {
  pupil::require<pupil::FileError>(!goes_on || std::filesystem::is_directory(settings.data), settings.data,
                                   ": no such folder; --data says where the data of the run are now");
  return pupil::captioning::read_captioned_images(settings.data, settings, settings.split_seed);
}

/// Reads data and captioner, and writes what a new run begins with.
PreparedRun prepare(const TrainArguments& arguments, const TrainingSettings& settings, const RunFolder& run,
                    const Ranks& ranks, ProgressLine& line) {
  const bool goes_on = !arguments.overwrite && std::filesystem::exists(run.checkpoint());
  const auto origin = origin_of(settings, run, goes_on);
  const pupil::captioning::CaptionedImages folder = read_folder(settings, goes_on);
  for (const std::string& warning : folder.warnings()) line.print("captioner: " + warning);
  IdentifiedData data = identify_data(settings, folder);
  stop_if_interrupted();
  if (goes_on) require_same_data(run, settings.data, data);
  TrainingData training_data = read_training_data(settings, folder.image_folder, std::move(data), origin,
                                                  cache_file(arguments, settings, run, ranks), ranks, line);
  stop_if_interrupted();
  TrainingState state =
      goes_on ? load_checkpoint(run, settings) : begin_training(settings, training_data.vocabulary, line);
  require_same_start(ranks, training_data, state);  // and so all have read what is there
  if (!ranks.is_first()) return {std::move(training_data), std::move(state)};
  require_space_for_checkpoints(run, state, settings.model_precision());
  if (arguments.overwrite) {
    for (const auto& file : {run.checkpoint(), run.model(), run.history()}) std::filesystem::remove(file);
  }
  TrainingSettings kept = settings;
  kept.form = folder.form;
  write_settings(run.settings(), kept);
  return {std::move(training_data), std::move(state)};
}

/// The training as one of these ranks.
void train_as(const Ranks& ranks, const TrainArguments& arguments, ExitStatus& status) {
  ranks.require_same("version", CAPTIONER_VERSION);
  const RunFolder run(arguments.out);
  ProgressLine line(!ranks.is_first());
  share_processors(ranks);
  use_threads(arguments.threads, line);
  std::optional<TrainingFolder> folder;
  if (ranks.is_first()) folder.emplace(run);
  ranks.wait_for_all();
  const TrainingSettings settings = choose_settings(arguments, run);
  require_same_settings(ranks, settings, arguments.options);
  require_possible_shares(settings, ranks);
  const pupil::PrecisionScope precision(precision_named(settings.precision));
  say_what_is_fp32(line);
  PreparedRun prepared = prepare(arguments, settings, run, ranks, line);
  Trainer trainer(settings, std::move(prepared.data), std::move(prepared.state), run, ranks, line);
  if (folder) folder->keep_images();
  if (trainer.run()) {
    line.print("the best weights are in " + run.model().string());
  } else {
    line.print("interrupted; --resume goes on from " + run.checkpoint().string());
    status.value = interrupted_status();
  }
}

void train(const TrainArguments& arguments, ExitStatus& status) {
  const auto ranks = start_ranks();
  note_interruptions();
  ranks->run([&] { pupil::captioning::with_file_errors([&] { train_as(*ranks, arguments, status); }); });
}

}  // namespace

void add_train_command(CLI::App& app, ExitStatus& status) {
  CLI::App* const command = app.add_subcommand("train", "Train a captioner: from pixels, on features, or from another");
  const auto arguments = std::make_shared<TrainArguments>();
  command->add_option("--out", arguments->out, "Folder of the run")->required();
  command->add_flag("--resume", arguments->resume, "Go on where the run in --out stopped");
  command->add_flag("--overwrite", arguments->overwrite, "Begin anew where --out holds a run")
      ->excludes(command->get_option("--resume"));
  command->add_option("--cache", arguments->cache, "Keep decoded images in this folder, to share between runs");
  add_threads_option(*command, arguments->threads);

  arguments->options = add_setting_options(*command, arguments->settings);
  command->footer(std::string(other_defaults));
  command->callback([arguments, &status] { train(*arguments, status); });
}

}  // namespace captioner
