#pragma once
// How far a run has come: with the weights and the optimizer's state, all that a killed run needs to go on as if
// nothing had happened.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pupil/core/shape.hpp>
#include <pupil/models/captioner_training.hpp>
#include <pupil/models/training_record.hpp>
#include <pupil/optim/adamw.hpp>
#include <pupil/optim/moving_average.hpp>
#include <pupil/optim/reduce_on_plateau.hpp>

#include "../common/run_folder.hpp"
#include "training_history.hpp"
#include "training_identity.hpp"
#include "training_settings.hpp"

namespace captioner {

struct TrainingProgress {
  pupil::Index epoch = 0;  ///< how many are finished
  pupil::Index batch = 0;  ///< how many of the running epoch are done
  double loss_sum = 0;     ///< over the targets of the running epoch
  pupil::Index targets = 0;
  double reward_sum = 0;  ///< over the sampled captions of the running epoch
  pupil::Index samples = 0;
  pupil::Index images = 0;
  double seconds = 0;
  double best_cider_d = -1;
  pupil::Index epochs_since_best = 0;
  pupil::ReduceOnPlateau::State plateau;
  std::vector<EpochRecord> history;

  bool has_begun() const { return epoch > 0 || batch > 0; }
  // Not a number where nothing is learned so.
  double mean_loss() const { return loss_sum / static_cast<double>(targets); }
  double mean_reward() const { return reward_sum / static_cast<double>(samples); }
  double images_per_second() const { return static_cast<double>(images) / seconds; }

  void begin_next_epoch() {
    ++epoch;
    batch = 0;
    loss_sum = 0;
    targets = 0;
    reward_sum = 0;
    samples = 0;
    images = 0;
    seconds = 0;
  }
};

/// The state of a run between two steps.
struct TrainingState {
  pupil::captioning::Captioner<float> model;
  pupil::Index first_trained = 0;  ///< block of the encoder's network
  pupil::AdamW<float> adam;        ///< Adam, where nothing decays
  TrainingProgress progress;
  DataIdentity data = {};                         ///< that it learns from
  pupil::captioning::TrainingRecord record = {};  ///< for the model's file
  std::optional<pupil::MovingAverage<pupil::captioning::Captioner<float>>> average =
      {};  ///< of the model, where the run has one

  /// What is scored and saved: the averages, or the model itself.
  pupil::captioning::Captioner<float>& scored_model() { return average ? average->model() : model; }

  pupil::captioning::TrainedPart<float> trained_part() { return {model, first_trained}; }
};

/// Throws FileError where the run's folder has no room for its checkpoints, one of which is there until the next is
/// complete, and for the model, that is saved at this precision.
void require_space_for_checkpoints(const RunFolder& run, TrainingState& state, pupil::ParameterPrecision saved);

/// Writes checkpoint.safetensors: all or nothing.
void save_checkpoint(const RunFolder& run, TrainingState& state);

/// Reads what save_checkpoint wrote in a run of these settings. Throws FileError where it is damaged.
TrainingState load_checkpoint(const RunFolder& run, const TrainingSettings& settings);

}  // namespace captioner
