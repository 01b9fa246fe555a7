#pragma once
// Training, epoch by epoch: steps on either objective, scores on the dev split, the best weights, checkpoints, early
// stopping. Where the encoder's inputs come from, and what of the captioner is trained, is in the data and the state
// that it is given.

#include <optional>
#include <span>

#include <pupil/data/batches.hpp>
#include <pupil/models/captioner_training.hpp>

#include "../common/progress_line.hpp"
#include "../common/run_folder.hpp"
#include "metric_objective.hpp"
#include "training_data.hpp"
#include "training_settings.hpp"
#include "training_state.hpp"

namespace captioner {

class Trainer {
 public:
  /// Goes on from the state. Throws FileError where its captioner knows other words than the data's captions have.
  Trainer(const TrainingSettings& settings, TrainingData data, TrainingState state, const RunFolder& run,
          ProgressLine& line);

  /// Trains until the epochs are over, nothing gets better, or an interruption is noted. Returns whether it got to an
  /// end; where it did not, a checkpoint is there. Throws Interrupted where not even a step was made.
  bool run();

 private:
  /// A captioner that is trained further is the best so far.
  void keep_start();
  /// Where no epoch was finished, the run's model is what it started from, and is taken away: nothing came of the run.
  void forget_start();
  bool finished() const;
  void run_epoch();
  /// Of a step of the running epoch, which has so many.
  double learning_rate(pupil::Index batch, pupil::Index batches) const;
  /// From these batches, the next of the running epoch.
  void step(std::span<const pupil::PlannedBatch> planned);
  /// The step itself: on people's captions, or on captions of its own.
  void learn_captions(std::span<const pupil::PlannedBatch> planned);
  void learn_from_rewards(const pupil::PlannedBatch& planned);
  /// Adds batch number `batch` of the epoch to a step.
  void add_batch(const pupil::PlannedBatch& planned, pupil::Index batch,
                 pupil::CaptionerStep<float, pupil::AdamW<float>>& step);
  EncoderInput load_input(const pupil::PlannedBatch& planned, pupil::Index batch) const;
  pupil::InputChanges input_changes(pupil::Index batch) const;
  void finish_epoch();
  /// What the epoch came to.
  EpochRecord record_epoch();
  /// A dev score decides the learning rate, and whether these weights are the best so far.
  void take_score(double cider_d);
  void save_model();
  void report(const EpochRecord& record, bool is_best);
  void show_progress(pupil::Index batches);

  TrainingSettings settings_;
  RunFolder run_;
  ProgressLine& line_;
  TrainingData data_;
  TrainingState state_;
  pupil::ReduceOnPlateau plateau_;
  pupil::BatchOptions batch_options_;
  pupil::CaptionerTrainingOptions step_options_;
  std::optional<MetricObjective> metric_;  ///< where it is trained on
  pupil::Batch batch_;
  pupil::CaptionerContext<float> context_;
};

}  // namespace captioner
