#include "training_settings.hpp"

#include <algorithm>
#include <span>

#include <pupil/core/errors.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/json_reader.hpp>
#include <pupil/io/text_file.hpp>

#include "../common/run_folder.hpp"

namespace captioner {

namespace {

/// Gives settings that earlier versions did not have the value that they then meant.
void add_what_is_new(nlohmann::json& settings) {
  const nlohmann::json defaults = TrainingSettings();
  for (const char* const name :
       {"precision", "features", "weights", "weights_fingerprint", "start_from", "start_from_fingerprint",
        "finetune_from", "encoder_learning_rate", "freeze_statistics", "save_precision", "decoder", "attention_size",
        "gate", "doubly_stochastic", "project_output", "tie_weights"}) {
    settings.emplace(name, defaults.at(name));
  }
  for (const char* const name : {"label_smoothing",
                                 "word_dropout",
                                 "scheduled_sampling",
                                 "weight_decay",
                                 "moving_average",
                                 "accumulate",
                                 "color_jitter",
                                 "random_erasing",
                                 "word_vectors",
                                 "word_vectors_fingerprint",
                                 "objective",
                                 "samples",
                                 "baseline",
                                 "form",
                                 "captions_file",
                                 "image_folder",
                                 "image_column",
                                 "caption_column",
                                 "split_column",
                                 "tokens",
                                 "shards",
                                 "shard_data",
                                 "sync_batch_norm",
                                 "scale_learning_rate"}) {
    settings.emplace(name, defaults.at(name));
  }
  settings.emplace("split_seed", settings.at("seed"));
}

/// The key of what the paths are from the run's folder.
constexpr const char* paths_from_run = "paths_from_run";

std::filesystem::path folder_of(const std::filesystem::path& settings_file) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(settings_file).parent_path());
}

/// Makes the paths absolute, and adds what they are from the run's folder: of a run and data that are moved together,
/// the second still leads there.
void add_places(const std::filesystem::path& folder, nlohmann::json& settings) {
  for (const char* const name : path_settings) {
    const auto file = settings.at(name).get<std::string>();
    if (file.empty()) continue;
    auto absolute = std::filesystem::absolute(file).lexically_normal();
    if (!absolute.has_filename()) absolute = absolute.parent_path();  // a slash at the end is no part of the name
    settings[name] = absolute.string();
    settings[paths_from_run][name] = std::filesystem::weakly_canonical(absolute).lexically_relative(folder).string();
  }
}

/// Where a path leads nowhere, and that from the run's folder does, takes the second.
void find_moved(const std::filesystem::path& folder, nlohmann::json& settings) {
  if (!settings.contains(paths_from_run)) return;
  for (const auto& [name, relative] : settings.at(paths_from_run).items()) {
    const auto file = (folder / relative.get<std::string>()).lexically_normal();
    const bool is_gone = !std::filesystem::exists(settings.at(name).get<std::string>());
    if (is_gone && std::filesystem::exists(file)) settings[name] = file.string();
  }
}

/// Throws FileError where a setting is none of the names that it may be.
void require_known_names(const std::filesystem::path& path, const TrainingSettings& settings) {
  const auto require_one_of = [&](const char* setting, std::string_view value,
                                  std::span<const std::string_view> names) {
    pupil::require<pupil::FileError>(std::ranges::find(names, value) != names.end(), path.string(), ": ", setting,
                                     " is ", pupil::json_quoted(value), "; it may be one of ", pupil::joined(names));
  };
  require_one_of("objective", settings.objective, objective_names);
  require_one_of("baseline", settings.baseline, baseline_names);
  require_one_of("schedule", settings.schedule, schedule_names);
  require_one_of("save_precision", settings.save_precision, save_precision_names);
}

}  // namespace

TrainingWay TrainingSettings::way() const {
  if (reads_features()) return starts_from_a_run() ? TrainingWay::continued : TrainingWay::frozen;
  return starts_from_a_run() ? TrainingWay::fine_tuned : TrainingWay::from_scratch;
}

TrainingSettings read_settings(const std::filesystem::path& path) {
  const pupil::captioning::TextFile file(path);
  pupil::captioning::require_utf8(file.text(), file.name());
  try {
    nlohmann::json settings = nlohmann::json::parse(file.text());
    if (settings.is_object()) {
      add_what_is_new(settings);
      find_moved(folder_of(path), settings);
    }
    const auto known = settings.get<TrainingSettings>();
    require_known_names(path, known);
    return known;
  } catch (const nlohmann::json::exception& error) {
    throw pupil::FileError(pupil::message(path.string(), ": ", error.what()));
  }
}

void write_settings(const std::filesystem::path& path, const TrainingSettings& settings) {
  nlohmann::json stored = settings;
  add_places(folder_of(path), stored);
  const std::string text = stored.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  pupil::write_file_atomically(path, text);
}

}  // namespace captioner
