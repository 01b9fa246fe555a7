#pragma once
// Training, epoch by epoch: steps (training_steps.hpp), scores on the dev split, the best weights, checkpoints, early
// stopping. Where the encoder's inputs come from, and what of the captioner is trained, is in the data and the state
// that it is given.
//
// Several ranks all do the same, for the captioner of each is the same after every step, and so are the scores. Rank 0
// alone writes the run's folder.

#include <span>

#include <pupil/data/epoch_plan.hpp>

#include "../common/progress_line.hpp"
#include "../common/run_folder.hpp"
#include "../ranks/ranks.hpp"
#include "dev_scores.hpp"
#include "training_data.hpp"
#include "training_settings.hpp"
#include "training_state.hpp"
#include "training_steps.hpp"

namespace captioner {

class Trainer {
 public:
  /// Goes on from the state. Throws FileError where its captioner knows other words than the data's captions have.
  Trainer(const TrainingSettings& settings, TrainingData data, TrainingState state, const RunFolder& run,
          const Ranks& ranks, ProgressLine& line);

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
  /// Of a step of so many in all epochs, by the schedule alone.
  double scheduled_learning_rate(pupil::Index step, pupil::Index steps) const;
  /// From these batches, the next of the running epoch.
  void step(std::span<const pupil::captioning::PlannedBatch> planned);
  void finish_epoch();
  /// What the epoch came to.
  EpochRecord record_epoch();
  /// A dev score decides the learning rate, and whether these weights are the best so far.
  void take_score(double cider_d);
  DevScores score();
  void save_model();
  void save();
  void report(const EpochRecord& record, bool is_best);
  void show_progress(pupil::Index batches);

  TrainingSettings settings_;
  RunFolder run_;
  const Ranks& ranks_;
  ProgressLine& line_;
  TrainingData data_;
  TrainingState state_;
  pupil::ReduceOnPlateau plateau_;
  pupil::captioning::BatchOptions batch_options_;
  TrainingSteps steps_;
};

}  // namespace captioner
