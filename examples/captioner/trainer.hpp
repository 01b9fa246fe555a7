#pragma once
// Training, epoch by epoch: steps, scores on the dev split, the best weights, checkpoints, early stopping.

#include <pupil/data/batches.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner_training.hpp>

#include "progress_line.hpp"
#include "run_folder.hpp"
#include "training_data.hpp"
#include "training_settings.hpp"
#include "training_state.hpp"

namespace captioner {

class Trainer {
 public:
  /// Begins, or goes on from the run's checkpoint where there is one.
  Trainer(const TrainingSettings& settings, TrainingData data, const RunFolder& run, ProgressLine& line);

  /// Trains until the epochs are over, nothing gets better, or an interruption is noted. Returns whether it got to an
  /// end.
  bool run();

 private:
  TrainingState begin() const;
  bool finished() const;
  bool run_epoch();
  /// Of the running epoch's next step.
  double learning_rate(pupil::Index batches) const;
  void step(const pupil::PlannedBatch& planned);
  void load_batch(const pupil::PlannedBatch& planned, pupil::Tensor<float, 4>& images) const;
  void finish_epoch();
  EpochRecord record_epoch();
  pupil::CaptionScores score_dev() const;
  void report(const EpochRecord& record, bool is_best);
  void show_progress(pupil::Index batches);

  TrainingSettings settings_;
  RunFolder run_;
  ProgressLine& line_;
  TrainingData data_;
  TrainingState state_;
  pupil::ReduceOnPlateau plateau_;
  pupil::BatchOptions batch_options_;
  pupil::Batch batch_;
  pupil::CaptionerContext<float> context_;
};

}  // namespace captioner
