#include "training_options.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/models/decoder.hpp>
#include <pupil/models/image_network.hpp>

#include "../../command_line/number_checks.hpp"
#include "../common/compute_options.hpp"
#include "../common/form_options.hpp"

namespace captioner {

namespace {

using pupil::Index;

// Beyond these, a number is a slip of the hand: the memory or the years that it asks for are nowhere.
constexpr Index most_pixels_a_side = 10'000;
constexpr Index most_units = 65'536;
constexpr Index most_items = 1'000'000'000;

CLI::Validator none_or(Index most) { return command_line::at_least(Index{0}, most); }
CLI::Validator one_or(Index most) { return command_line::at_least(Index{1}, most); }
/// From 0, or from above 0, as far as numbers go.
CLI::Validator not_negative() { return command_line::at_least(0.0, std::numeric_limits<double>::max()); }
CLI::Validator positive() { return command_line::above(0.0, std::numeric_limits<double>::max()); }

std::vector<std::string> names_of(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

/// Adds options to a command, each under the name of its setting.
class SettingAdder {
 public:
  explicit SettingAdder(CLI::App& command) : command_(command) {}

  template <class Value>
  CLI::Option* add(const std::string& setting, Value& value, const std::string& help) {
    return note(setting, command_.add_option(flag_of(setting), value, help)->capture_default_str());
  }

  CLI::Option* add_switch(const std::string& setting, bool& value, const std::string& help) {
    const std::string flag = flag_of(setting);
    return note(setting, command_.add_flag(flag + ",!--no-" + flag.substr(2), value, help));
  }

  CLI::Option* note(const std::string& setting, CLI::Option* option) {
    options_[setting] = option;
    return option;
  }

  CLI::App& command() const { return command_; }
  SettingOptions options() const { return options_; }

 private:
  static std::string flag_of(const std::string& setting) {
    std::string flag("--");
    flag += setting;
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
  }

  CLI::App& command_;
  SettingOptions options_;
};

void add_data_options(SettingAdder& adder, TrainingSettings& settings) {
  adder.add("data", settings.data, data_help);
  for (const FormOption& option : form_options) adder.add(option.setting, settings.*option.value, option.help);
  adder.add("split_seed", settings.split_seed, "Decides the split where the data has no lists of its own");
  adder.add("limit", settings.limit, "Use the first N train images; 0: all")->check(none_or(most_items));
  adder.add("image_size", settings.image_size, "Pixels a side that the encoder sees")
      ->check(one_or(most_pixels_a_side));
  adder.add("resize_to", settings.resize_to, "Pixels a side before cropping; 0: image size * 8 / 7")
      ->check(none_or(most_pixels_a_side));
  adder.add_switch("mirror", settings.mirror, "Mirror half of the images (where left and right do not matter)");
  adder
      .add("tokens", settings.tokens,
           "What captions are cut into; Chinese, Japanese and other scripts without spaces are cut into characters "
           "either way")
      ->check(CLI::IsMember({"words", "characters"}));
  adder.add("max_caption_length", settings.max_caption_length, "Words at which captions are cut")->check(one_or(1000));
  adder.add("min_count", settings.min_count, "Words seen less often are unknown")->check(one_or(most_items));
}

void add_pretrained_options(SettingAdder& adder, TrainingSettings& settings) {
  adder.add("features", settings.features, "Train on this cache of features (captioner features), encoder frozen");
  adder.add("weights", settings.weights, "File of weights that these features were made by");
  adder.add("start_from", settings.start_from,
            "Train the captioner of this run, or model.safetensors, further: on --features, or with --finetune-from");
  adder.add("finetune_from", settings.finetune_from,
            "First block of its encoder that is trained, by name (layer4, features.17)");
  adder
      .add("encoder_learning_rate", settings.encoder_learning_rate, "Of these blocks; 0: a tenth of the learning rate")
      ->check(not_negative());
  adder.add_switch("freeze_statistics", settings.freeze_statistics,
                   "Whether their batch norms keep their running statistics");
}

void add_network_options(SettingAdder& adder, TrainingSettings& settings) {
  adder.add("encoder", settings.encoder, "Network that sees the image")
      ->check(CLI::IsMember(names_of(pupil::image_architectures)));
  adder.add("encoder_width", settings.encoder_width, "Channels of its first convolution; 0: its own")
      ->check(none_or(4096));
  adder.add("decoder", settings.decoder, "What turns its features into words")
      ->check(CLI::IsMember(names_of(pupil::captioning::decoder_names)));
  adder.add("embedding_size", settings.embedding_size, "Size of word and image embeddings")->check(one_or(most_units));
  adder.add("word_vectors", settings.word_vectors,
            "File of word vectors, as GloVe's, of the embedding's size, that the words begin with");
  adder.add("hidden_size", settings.hidden_size, "Size of the LSTM's state")->check(one_or(most_units));
  adder.add("attention_size", settings.attention_size, "Size in which a decoder compares places of the image")
      ->check(one_or(most_units));
  adder.add_switch("gate", settings.gate, "Whether the attention decoder may turn down what it sees");
  adder
      .add("doubly_stochastic", settings.doubly_stochastic,
           "Weight of the loss by which the attention decoder looks at all of an image; 0: none")
      ->check(not_negative());
  adder.add_switch("project_output", settings.project_output,
                   "Whether decoders that look at a grid project their state before the words");
  adder.add_switch("tie_weights", settings.tie_weights,
                   "Whether they say words by the embedding that they read them by");
  adder.add("dropout", settings.dropout, "Probability of dropping a number around the LSTM")
      ->check(command_line::from_to(0.0, 0.99));
  adder.note("precision", add_precision_option(adder.command(), settings.precision));
  adder
      .add("save_precision", settings.save_precision,
           "Of the weights in model.safetensors: bf16 takes half the bytes; the checkpoint stays fp32")
      ->check(CLI::IsMember(names_of(save_precision_names)));
  adder.add("seed", settings.seed, "The same seed gives the same model, whatever the threads")
      ->check(command_line::from_to(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()));
}

void add_step_options(SettingAdder& adder, TrainingSettings& settings) {
  adder.add("batch_size", settings.batch_size, "Images a step, two or more")
      ->check(command_line::at_least(Index{2}, Index{100'000}));
  adder.add("captions_per_image", settings.captions_per_image, "Captions that share an encoder pass")
      ->check(one_or(100'000));
  adder.add("accumulate", settings.accumulate, "Batches a step: the mean is over all their words")
      ->check(one_or(100'000));
  adder
      .add("shards", settings.shards,
           "Cut every batch into so many parts, each for itself: any number of processes (mpirun) that divides them "
           "trains to the same bits; 0: a part for each process")
      ->check(none_or(100'000));
  adder.add_switch("shard_data", settings.shard_data,
                   "Whether each of --shards keeps to its own train images: a process decodes and reads no others");
  adder.add_switch("sync_batch_norm", settings.sync_batch_norm,
                   "Whether batch norms see the whole batch, and not a process's part of it");
  adder.add("learning_rate", settings.learning_rate, "Adam's, at the start")->check(positive());
  adder
      .add("scale_learning_rate", settings.scale_learning_rate,
           "The learning rate is that of steps of so many images: it is multiplied by those of a step over these, and "
           "rises to that in five epochs; 0: it is that of all steps")
      ->check(none_or(most_items));
  adder.add("max_gradient_norm", settings.max_gradient_norm, "Gradients are clipped to this norm")->check(positive());
  adder
      .add("word_loss", settings.word_loss,
           "Weight of the loss by which the encoder alone is to know the words; 0: none")
      ->check(not_negative());
}

void add_objective_options(SettingAdder& adder, TrainingSettings& settings) {
  adder
      .add("objective", settings.objective,
           "What is learned: people's captions, word by word; or to say captions that score well, from a trained start")
      ->check(CLI::IsMember(names_of(objective_names)));
  adder.add("samples", settings.samples, "Captions of each image that --objective cider-d has it say")
      ->check(one_or(1000));
  adder
      .add("baseline", settings.baseline,
           "What these have to be better than: the other samples of their image, or what greedy search says")
      ->check(CLI::IsMember(names_of(baseline_names)));
}

/// What keeps a captioner from learning its captions by heart; each is off where nothing is said.
void add_regularization_options(SettingAdder& adder, TrainingSettings& settings) {
  const CLI::Validator probability = command_line::from_to(0.0, 0.99);
  adder.add("label_smoothing", settings.label_smoothing, "How much of every target is spread over all words")
      ->check(probability);
  adder.add("word_dropout", settings.word_dropout, "Probability of hiding a word that the decoder reads")
      ->check(probability);
  adder
      .add("scheduled_sampling", settings.scheduled_sampling,
           "Share of its own words that the decoder reads in the last epoch, growing from none in the first")
      ->check(command_line::from_to(0.0, 1.0));
  adder.add("weight_decay", settings.weight_decay, "AdamW's, of all but biases and norms")->check(not_negative());
  adder
      .add("moving_average", settings.moving_average,
           "Score and save averages of the weights, which move by 1 - this a step; 0: the weights themselves")
      ->check(command_line::from_to(0.0, 0.999999));
  adder
      .add("color_jitter", settings.color_jitter,
           "Change brightness, contrast and saturation of images by a factor of up to 1 -+ this")
      ->check(command_line::from_to(0.0, 1.0));
  adder.add("random_erasing", settings.random_erasing, "Probability of erasing a part of an image")
      ->check(command_line::from_to(0.0, 1.0));
}

void add_epoch_options(SettingAdder& adder, TrainingSettings& settings) {
  adder.add("epochs", settings.epochs, "Most passes over the train split")->check(one_or(most_items));
  adder
      .add("schedule", settings.schedule,
           "Learning rate: lowered on a plateau; step by step along a cosine to the last epoch; or rising in the first "
           "5 % "
           "of the steps, falling in the last 30 %, and constant in between")
      ->check(CLI::IsMember(names_of(schedule_names)));
  adder.add("plateau_factor", settings.plateau_factor, "Lower the learning rate by this")
      ->check(command_line::from_to(0.01, 0.99));
  adder
      .add("plateau_patience", settings.plateau_patience, "After more than so many epochs without a better dev CIDEr-D")
      ->check(none_or(most_items));
  adder.add("patience", settings.patience, "Stop after so many epochs without a better dev CIDEr-D; 0: never")
      ->check(none_or(most_items));
  adder.add("checkpoint_every", settings.checkpoint_every, "Steps between checkpoints within an epoch; 0: none")
      ->check(none_or(most_items));
}

}  // namespace

SettingOptions add_setting_options(CLI::App& command, TrainingSettings& settings) {
  SettingAdder adder(command);
  add_data_options(adder, settings);
  add_pretrained_options(adder, settings);
  add_network_options(adder, settings);
  add_step_options(adder, settings);
  add_objective_options(adder, settings);
  add_regularization_options(adder, settings);
  add_epoch_options(adder, settings);
  return adder.options();
}

}  // namespace captioner
