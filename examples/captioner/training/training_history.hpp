#pragma once
// What became of each epoch of a run.

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/core/shape.hpp>

#include "training_settings.hpp"

namespace captioner {

/// One finished epoch, as a row of history.csv.
struct EpochRecord {
  pupil::Index epoch = 0;  ///< the first is 1
  double train_loss = 0;   ///< mean over all targets, where people's captions are learned
  double reward = 0;       ///< mean over all sampled captions, where that is learned from
  std::vector<double> bleu;
  double rouge_l = 0;
  double cider_d = 0;
  // Of the dev captions; not in checkpoints of earlier versions.
  std::optional<double> length = {};                   ///< mean, in words
  std::optional<pupil::Index> distinct_captions = {};  ///< how many of them are different
  double learning_rate = 0;
  double images_per_second = 0;
  double seconds = 0;  ///< of training, without scoring
};

/// As a checkpoint keeps it.
nlohmann::json to_json(const EpochRecord& record);

/// Throws nlohmann::json::exception where it is damaged.
EpochRecord epoch_from_json(const nlohmann::json& json);

/// Writes history.csv, a row an epoch, of a run of these settings.
void write_history(const std::filesystem::path& path, std::span<const EpochRecord> history,
                   const TrainingSettings& settings);

}  // namespace captioner
