// captioner train: trains encoder and decoder together, from pixels to words.

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>

#include <pupil/core/parallel.hpp>
#include <pupil/data/flickr8k.hpp>
#include <pupil/data/folders.hpp>

#include "commands.hpp"
#include "interruption.hpp"
#include "product_precision.hpp"
#include "run_folder.hpp"
#include "trainer.hpp"
#include "training_settings.hpp"

namespace captioner {

namespace {

constexpr int exit_interrupted = 130;

struct TrainArguments {
  std::string out;
  std::string cache;
  int threads = 0;
  bool resume = false;
  bool overwrite = false;
  TrainingSettings settings;
  std::map<std::string, const CLI::Option*> options;  ///< by the setting's name
};

/// Those that a resumed run may be given anew: they say when to stop, not what a step does.
bool may_change(const std::string& setting, const TrainingSettings& of_run) {
  if (setting == "epochs") return of_run.schedule != "cosine";  // which falls to its end at the last of them
  return setting == "patience" || setting == "checkpoint_every";
}

/// The settings that the run began with, changed by what may be given anew.
TrainingSettings resumed_settings(const TrainArguments& arguments, const RunFolder& run) {
  const TrainingSettings of_run = read_settings(run.settings());
  nlohmann::json stored = of_run;
  const nlohmann::json given = arguments.settings;
  for (const auto& [setting, option] : arguments.options) {
    if (option->count() == 0 || stored.at(setting) == given.at(setting)) continue;
    pupil::require<pupil::OptionError>(may_change(setting, of_run), option->get_name(), " is ",
                                       given.at(setting).dump(), ", but the run in ", arguments.out, " began with ",
                                       stored.at(setting).dump());
    stored[setting] = given.at(setting);
  }
  return stored.get<TrainingSettings>();
}

/// What the run is to do. Throws where its folder holds something that it must not touch; writes nothing.
TrainingSettings choose_settings(const TrainArguments& arguments, const RunFolder& run) {
  if (arguments.resume && std::filesystem::exists(run.settings())) return resumed_settings(arguments, run);
  pupil::require<pupil::OptionError>(!arguments.settings.data.empty(), "--data is required");
  pupil::require<pupil::FileError>(!run.in_use() || arguments.resume || arguments.overwrite, arguments.out,
                                   ": already there; --resume goes on with it, --overwrite begins anew");
  return arguments.settings;
}

std::filesystem::path cache_file(const TrainArguments& arguments, const TrainingSettings& settings,
                                 const RunFolder& run) {
  if (arguments.cache.empty()) return run.images();
  std::filesystem::create_directories(arguments.cache);
  return std::filesystem::path(arguments.cache) / ("images-" + std::to_string(settings.resized()) + ".safetensors");
}

/// Reads the data, and only when that went well makes the run's folder.
TrainingData prepare(const TrainArguments& arguments, const TrainingSettings& settings, const RunFolder& run,
                     ProgressLine& line) {
  namespace fs = std::filesystem;
  const pupil::CaptionedImages data = pupil::read_flickr8k(settings.data, settings.seed);
  data.at(pupil::Split::train);  // throws where there is none
  const bool is_new = fs::create_directories(run.path());
  try {
    TrainingData result = read_training_data(settings, data, cache_file(arguments, settings, run), line);
    if (arguments.overwrite) {
      for (const fs::path& file : {run.checkpoint(), run.model(), run.history()}) fs::remove(file);
    }
    write_settings(run.settings(), settings);
    return result;
  } catch (...) {
    std::error_code stays;
    if (is_new) fs::remove_all(run.path(), stays);
    throw;
  }
}

void train(const TrainArguments& arguments, ExitStatus& status) {
  if (arguments.threads > 0) pupil::set_num_threads(arguments.threads);
  const RunFolder run(arguments.out);
  ProgressLine line;
  pupil::with_file_errors([&] {
    const TrainingSettings settings = choose_settings(arguments, run);
    const pupil::PrecisionScope precision(precision_named(settings.precision));
    say_what_is_fp32(line);
    Trainer trainer(settings, prepare(arguments, settings, run, line), run, line);
    note_interruptions();
    if (trainer.run()) {
      line.print("the best weights are in " + run.model().string());
    } else {
      line.print("interrupted; --resume goes on from " + run.checkpoint().string());
      status.value = exit_interrupted;
    }
  });
}

}  // namespace

void add_train_command(CLI::App& app, ExitStatus& status) {
  CLI::App* const command = app.add_subcommand("train", "Train encoder and decoder together, from pixels to words");
  const auto arguments = std::make_shared<TrainArguments>();
  TrainingSettings& s = arguments->settings;
  command->add_option("--out", arguments->out, "Folder of the run")->required();
  command->add_flag("--resume", arguments->resume, "Go on where the run in --out stopped");
  command->add_flag("--overwrite", arguments->overwrite, "Begin anew where --out holds a run")
      ->excludes(command->get_option("--resume"));
  command->add_option("--cache", arguments->cache, "Keep decoded images in this folder, to share between runs");
  command->add_option("--threads", arguments->threads, "Threads; 0: all processors")->check(CLI::NonNegativeNumber);

  const auto setting = [&](const std::string& name, auto& value, const std::string& help) {
    std::string flag("--");
    flag += name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    CLI::Option* const option = command->add_option(flag, value, help)->capture_default_str();
    arguments->options[name] = option;
    return option;
  };
  constexpr pupil::Index largest = pupil::Index{1} << 40;
  const CLI::Range at_least_one(pupil::Index{1}, largest);
  setting("data", s.data, "Folder of Flickr8k, in Kaggle's or the official form");
  setting("encoder", s.encoder, "Network that sees the image")->check(CLI::IsMember({"resnet18", "small"}));
  setting("encoder_width", s.encoder_width, "Channels of its first convolution; 0: its own")
      ->check(CLI::NonNegativeNumber);
  setting("image_size", s.image_size, "Pixels a side that the encoder sees")->check(at_least_one);
  setting("resize_to", s.resize_to, "Pixels a side before cropping; 0: image size * 8 / 7")
      ->check(CLI::NonNegativeNumber);
  setting("embedding_size", s.embedding_size, "Size of word and image embeddings")->check(at_least_one);
  setting("hidden_size", s.hidden_size, "Size of the LSTM's state")->check(at_least_one);
  setting("dropout", s.dropout, "Probability of dropping a number around the LSTM")->check(CLI::Range(0.0, 0.99));
  setting("epochs", s.epochs, "Most passes over the train split")->check(at_least_one);
  setting("batch_size", s.batch_size, "Images a step, two or more")->check(CLI::Range(pupil::Index{2}, largest));
  setting("captions_per_image", s.captions_per_image, "Captions that share an encoder pass")->check(at_least_one);
  setting("max_caption_length", s.max_caption_length, "Words at which captions are cut")->check(at_least_one);
  setting("min_count", s.min_count, "Words seen less often are unknown")->check(at_least_one);
  setting("learning_rate", s.learning_rate, "Adam's, at the start")->check(CLI::PositiveNumber);
  setting("max_gradient_norm", s.max_gradient_norm, "Gradients are clipped to this norm")->check(CLI::PositiveNumber);
  setting("word_loss", s.word_loss, "Weight of the loss by which the encoder alone is to know the words; 0: none")
      ->check(CLI::NonNegativeNumber);
  setting("schedule", s.schedule,
          "Learning rate: lowered on a plateau, or step by step along a cosine to the last epoch")
      ->check(CLI::IsMember({"plateau", "cosine"}));
  setting("plateau_factor", s.plateau_factor, "Lower the learning rate by this")->check(CLI::Range(0.01, 0.99));
  setting("plateau_patience", s.plateau_patience, "After more than so many epochs without a better dev CIDEr-D")
      ->check(CLI::NonNegativeNumber);
  setting("patience", s.patience, "Stop after so many epochs without a better dev CIDEr-D; 0: never")
      ->check(CLI::NonNegativeNumber);
  setting("limit", s.limit, "Use the first N train images; 0: all")->check(CLI::NonNegativeNumber);
  setting("checkpoint_every", s.checkpoint_every, "Steps between checkpoints within an epoch; 0: none")
      ->check(CLI::NonNegativeNumber);
  arguments->options["precision"] = add_precision_option(*command, s.precision);
  setting("seed", s.seed, "The same seed gives the same model, whatever the threads");
  arguments->options["mirror"] = command->add_flag("--mirror,!--no-mirror", s.mirror,
                                                   "Mirror half of the images (where left and right do not matter)");
  command->callback([arguments, &status] { train(*arguments, status); });
}

}  // namespace captioner
