#include "settings_choice.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <pupil/data/feature_cache.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/models/pretrained_weights.hpp>
#include <pupil/text/characters.hpp>

#include "../common/run_split.hpp"
#include "size_limits.hpp"
#include "word_vectors.hpp"

namespace captioner {

namespace {

/// On features, captions have no encoder pass to share, and a decoder learns more of many small steps than of few large
/// ones. The features tell apart what there is to see, so that no word loss has to.
nlohmann::json frozen_defaults() {
  return {{"captions_per_image", 1}, {"embedding_size", 256}, {"dropout", 0.3}, {"word_loss", 0.0},
          {"learning_rate", 1e-3},   {"schedule", "cosine"},  {"epochs", 8}};
}

/// What was learned is to be changed, not learned anew.
nlohmann::json further_training_defaults(const pupil::captioning::CaptionerOptions& of_model) {
  return {
      {"resize_to", of_model.resize_to}, {"dropout", of_model.dropout}, {"word_loss", 0.0}, {"learning_rate", 1e-4}};
}

/// Rewards are noisy, and those of train images rise long after those of others do not: steps are small, and
/// regularised by dropout, decay and averages of the weights.
nlohmann::json metric_defaults() {
  return {{"dropout", 0.4},       {"learning_rate", 1e-4},   {"batch_size", 20}, {"weight_decay", 0.01},
          {"schedule", "cosine"}, {"moving_average", 0.999}, {"epochs", 14}};
}

bool is_given(const SettingOptions& options, const std::string& setting) { return options.at(setting)->count() > 0; }

/// The value of a setting in an error: a path may hold bytes that are not UTF-8.
std::string shown(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Throws where one of two options is there without the other.
void require_together(const SettingOptions& options, const std::string& one, const std::string& other) {
  const auto& alone = is_given(options, one) ? one : other;
  const auto& missing = is_given(options, one) ? other : one;
  pupil::require<pupil::OptionError>(is_given(options, one) == is_given(options, other), options.at(alone)->get_name(),
                                     " needs ", options.at(missing)->get_name());
}

void check_way(const SettingOptions& options) {
  require_together(options, "features", "weights");
  const bool fine_tuned = is_given(options, "finetune_from");
  const bool on_features = is_given(options, "features");
  pupil::require<pupil::OptionError>(!fine_tuned || !on_features,
                                     "--features keeps the encoder as it is, --finetune-from trains it: choose one");
  pupil::require<pupil::OptionError>(!fine_tuned || is_given(options, "start_from"),
                                     "--finetune-from needs --start-from");
  pupil::require<pupil::OptionError>(!is_given(options, "start_from") || fine_tuned || on_features,
                                     "--start-from needs --finetune-from, or --features");
  for (const char* const setting : {"encoder_learning_rate", "freeze_statistics"}) {
    pupil::require<pupil::OptionError>(fine_tuned || !is_given(options, setting), options.at(setting)->get_name(),
                                       " needs --finetune-from");
  }
}

/// Throws where an option is given that a run of this kind has no use for.
void check_uses(const TrainingSettings& settings, const SettingOptions& options) {
  const auto refuse = [&](const std::string& setting, const char* reason) {
    pupil::require<pupil::OptionError>(!is_given(options, setting), options.at(setting)->get_name(), ' ', reason);
  };
  if (settings.reads_features()) {
    if (settings.color_jitter > 0) refuse("color_jitter", "changes pixels, --features has none of them");
    if (settings.random_erasing > 0) refuse("random_erasing", "changes pixels, --features has none of them");
  }
  pupil::require<pupil::OptionError>(!settings.shard_data || settings.shards >= 2,
                                     "--shard-data needs --shards, two or more, each with images of its own");
  if (settings.starts_from_a_run()) {
    refuse("word_vectors", "is what words begin with, --start-from has learned them: choose one");
  }
  if (!settings.trains_on_the_metric()) {
    for (const char* const setting : {"samples", "baseline"}) refuse(setting, "needs --objective cider-d");
    return;
  }
  pupil::require<pupil::OptionError>(settings.starts_from_a_run(),
                                     "--objective cider-d needs --start-from: it makes a trained captioner better");
  pupil::require<pupil::OptionError>(settings.samples >= 2 || settings.baseline != "samples", "--samples is ",
                                     settings.samples, ", and --baseline samples compares them with each other");
  refuse("captions_per_image", "is for --objective cross-entropy");
  const nlohmann::json off{{"accumulate", 1},           {"label_smoothing", 0.0}, {"word_dropout", 0.0},
                           {"scheduled_sampling", 0.0}, {"word_loss", 0.0},       {"doubly_stochastic", 0.0}};
  const nlohmann::json values = settings;
  for (const auto& [setting, nothing] : off.items()) {
    if (values.at(setting) != nothing) refuse(setting, "is for --objective cross-entropy");
  }
}

/// The settings with those values that something else has decided.
TrainingSettings with_decided(const TrainingSettings& asked, const SettingOptions& options,
                              const nlohmann::json& decided, const std::string& by) {
  nlohmann::json settings = asked;
  for (const auto& [name, value] : decided.items()) {
    const bool is_refused = is_given(options, name) && settings.at(name) != value;
    pupil::require<pupil::OptionError>(!is_refused, options.at(name)->get_name(), " is ", shown(settings.at(name)),
                                       ", but ", shown(value), " in ", by);
    settings[name] = value;
  }
  return settings.get<TrainingSettings>();
}

/// The settings with these values where the user gave none.
TrainingSettings with_defaults(const TrainingSettings& asked, const SettingOptions& options,
                               const nlohmann::json& defaults) {
  nlohmann::json settings = asked;
  for (const auto& [name, value] : defaults.items()) {
    if (!is_given(options, name)) settings[name] = value;
  }
  return settings.get<TrainingSettings>();
}

/// With what a cache of features, and the weights that made it, decide.
TrainingSettings with_features(const TrainingSettings& asked, const SettingOptions& options) {
  const pupil::PretrainedWeights weights(asked.weights);
  const pupil::Index image_size = pupil::captioning::FeatureCache(asked.features).description().image_size;
  TrainingSettings settings = with_decided(asked, options,
                                           {{"encoder", weights.architecture()},
                                            {"encoder_width", weights.network_options().width},
                                            {"image_size", image_size},
                                            {"resize_to", image_size}},
                                           asked.features);
  settings.weights_fingerprint = weights.fingerprint();
  return settings;
}

/// Throws where features and captioner are not of one encoder and image size. Which weights the encoder has is compared
/// where they are read.
void require_features_of(const pupil::captioning::CaptionerOptions& captioner, const RunFolder& origin,
                         const TrainingSettings& of_features) {
  const auto require_same = [&](const char* what, const auto& found, const auto& expected) {
    pupil::require<pupil::FileError>(found == expected, of_features.features, ": holds features of ", what, ' ', found,
                                     ", that of ", origin.model().string(), " is ", expected);
  };
  require_same("encoder", of_features.encoder, captioner.encoder);
  require_same("encoder width", of_features.encoder_width, captioner.encoder_width);
  require_same("image size", of_features.image_size, captioner.image_size);
}

/// With what the captioner decides that the run starts from.
TrainingSettings with_start(const TrainingSettings& asked, const SettingOptions& options) {
  const RunFolder origin(asked.start_from);
  const pupil::captioning::CaptionerDescription description =
      pupil::captioning::read_captioner_description(pupil::SafetensorsFile(origin.model()));
  const pupil::captioning::CaptionerOptions& of_model = description.options;
  nlohmann::json decided{{"encoder", of_model.encoder},
                         {"encoder_width", of_model.encoder_width},
                         {"image_size", of_model.image_size},
                         {"embedding_size", of_model.embedding_size},
                         {"hidden_size", of_model.hidden_size},
                         {"max_caption_length", of_model.max_caption_length},
                         {"decoder", of_model.decoder},
                         {"attention_size", of_model.attention_size},
                         {"gate", of_model.gated},
                         {"project_output", of_model.projected},
                         {"tie_weights", of_model.tied}};
  if (const auto tokens = pupil::captioning::tokens_of(description.vocabulary))
    decided["tokens"] = pupil::captioning::tokens_name(*tokens);
  if (const auto seed = split_seed_of(origin, description.training)) decided["split_seed"] = *seed;
  if (asked.reads_features()) require_features_of(of_model, origin, asked);
  TrainingSettings settings = with_decided(asked, options, decided, origin.model().string());
  settings.start_from_fingerprint = RunFolder(settings.start_from).model_fingerprint();
  nlohmann::json defaults = further_training_defaults(of_model);
  if (settings.reads_features()) defaults.erase("resize_to");  // the features have decided it
  if (settings.trains_on_the_metric()) defaults.update(metric_defaults());
  return with_defaults(settings, options, defaults);
}

/// Throws where files that were moved are not those that the run began with. Data and features are compared where they
/// are read.
void check_moved(const TrainingSettings& asked, const SettingOptions& options, const TrainingSettings& of_run) {
  const auto require_same = [&](const std::string& file, const std::string& found, const std::string& expected) {
    pupil::require<pupil::FileError>(found == expected || expected.empty(), file,
                                     ": not the file that the run began with");
  };
  if (is_given(options, "weights")) {
    require_same(asked.weights, pupil::PretrainedWeights(asked.weights).fingerprint(), of_run.weights_fingerprint);
  }
  if (is_given(options, "word_vectors")) {
    require_same(asked.word_vectors, fingerprint_of_word_vectors(asked.word_vectors), of_run.word_vectors_fingerprint);
  }
  if (is_given(options, "start_from")) {
    require_same(asked.start_from, RunFolder(asked.start_from).model_fingerprint(), of_run.start_from_fingerprint);
  }
}

/// Those that a resumed run may be given anew: they say where files lie and when to stop, not what a step does.
bool may_change(const std::string& setting, const TrainingSettings& of_run) {
  if (std::ranges::find(path_settings, setting) != path_settings.end()) {
    return !nlohmann::json(of_run).at(setting).get<std::string>().empty();  // it has such a file
  }
  if (setting == "epochs") {  // other schedules, and the share of drawn words, depend on how many there will be
    return of_run.schedule == "plateau" && of_run.scheduled_sampling == 0;
  }
  return setting == "patience" || setting == "checkpoint_every";
}

/// An option that some decoders alone have, and a value that asks for nothing.
struct DecoderOption {
  const char* setting;
  std::vector<std::string> decoders;
  nlohmann::json off;
};

/// Throws where an option asks for something that the decoder does not have.
void check_decoder_options(const TrainingSettings& settings, const SettingOptions& options) {
  const std::vector<std::string> of_grids{"attention", "adaptive", "top_down"};
  const std::vector<DecoderOption> of_some{{"attention_size", of_grids, TrainingSettings().attention_size},
                                           {"project_output", of_grids, false},
                                           {"tie_weights", of_grids, false},
                                           {"gate", {"attention"}, true},
                                           {"doubly_stochastic", {"attention"}, 0.0},
                                           {"word_loss", {"show_and_tell"}, 0.0}};
  const nlohmann::json values = settings;
  for (const auto& [setting, decoders, off] : of_some) {
    const bool is_known = std::ranges::find(decoders, settings.decoder) != decoders.end();
    pupil::require<pupil::OptionError>(is_known || !is_given(options, setting) || values.at(setting) == off,
                                       options.at(setting)->get_name(), " is ", shown(values.at(setting)),
                                       ", which --decoder ", settings.decoder, " does not have");
  }
}

TrainingSettings with_what_is_decided(const TrainingSettings& asked, const SettingOptions& options) {
  TrainingSettings settings = asked.reads_features() ? with_features(asked, options) : asked;
  if (settings.starts_from_a_run()) return with_start(settings, options);
  if (settings.tokens == "characters") settings = with_defaults(settings, options, {{"max_caption_length", 150}});
  return settings.reads_features() ? with_defaults(settings, options, frozen_defaults()) : settings;
}

}  // namespace

TrainingSettings settings_to_begin(const TrainingSettings& asked, const SettingOptions& options) {
  pupil::require<pupil::OptionError>(!asked.data.empty(), "--data is required");
  check_way(options);
  check_uses(asked, options);
  TrainingSettings settings = with_what_is_decided(asked, options);
  check_decoder_options(settings, options);
  pupil::require<pupil::OptionError>(!settings.trains_on_the_metric() || settings.tokens == "words",
                                     "--objective cider-d scores words, ", settings.start_from,
                                     " says its captions by --tokens characters");
  require_possible_sizes(settings);
  if (!settings.word_vectors.empty()) settings.word_vectors_fingerprint = check_word_vectors(settings);
  return settings;
}

TrainingSettings settings_to_resume(const TrainingSettings& asked, const SettingOptions& options,
                                    const RunFolder& run) {
  const TrainingSettings of_run = read_settings(run.settings());
  nlohmann::json stored = of_run;
  const nlohmann::json given = asked;
  for (const auto& [setting, option] : options) {
    if (option->count() == 0 || stored.at(setting) == given.at(setting)) continue;
    pupil::require<pupil::OptionError>(may_change(setting, of_run), option->get_name(), " is ",
                                       shown(given.at(setting)), ", but the run in ", run.path().string(),
                                       " began with ", shown(stored.at(setting)));
    stored[setting] = given.at(setting);
  }
  check_moved(asked, options, of_run);
  return stored.get<TrainingSettings>();
}

}  // namespace captioner
