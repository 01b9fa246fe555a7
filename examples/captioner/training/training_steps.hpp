#pragma once
// The steps of a run, on either objective: by this process alone, or by several, each of which computes its shards of
// every batch before all make the same step.

#include <memory>
#include <optional>
#include <span>

#include <pupil/data/batches.hpp>
#include <pupil/models/captioner_training.hpp>

#include "../ranks/ranks.hpp"
#include "metric_objective.hpp"
#include "training_batches.hpp"
#include "training_data.hpp"
#include "training_settings.hpp"
#include "training_state.hpp"

namespace captioner {

class TrainingSteps {
 public:
  /// All must outlive it. Throws OptionError where the ranks cannot share out the settings' shards.
  TrainingSteps(const TrainingSettings& settings, const TrainingData& data, TrainingState& state, const Ranks& ranks);

  bool on_the_metric() const { return metric_.has_value(); }

  /// Makes one step from these batches, the next of the running epoch, and adds what the whole of them came to to the
  /// progress. Throws NumericError, the same on all ranks, and leaves all as it was, where a number is not finite.
  void step(std::span<const pupil::captioning::PlannedBatch> planned);

 private:
  using CaptionerStep = pupil::captioning::CaptionerStep<float, pupil::AdamW<float>>;

  void learn_captions(std::span<const pupil::captioning::PlannedBatch> planned);
  void learn_captions_in_shards(std::span<const pupil::captioning::PlannedBatch> planned);
  void learn_from_rewards(const pupil::captioning::PlannedBatch& planned);
  void learn_from_rewards_in_shards(const pupil::captioning::PlannedBatch& planned);
  /// Lets batch norms see all of a batch, where the settings want it and no share is empty.
  void share_statistics(const pupil::captioning::PlannedBatch& planned);
  /// Adds a share of each of these batches to a step, and tells `finished` of what is complete.
  void add_part(std::span<const pupil::captioning::PlannedBatch> planned, const Share& share, CaptionerStep& step,
                pupil::FinishedPart finished);
  /// Calls `add(input, captions, options)` for a share of a batch, which has images.
  template <class Add>
  void add_batch(const pupil::captioning::PlannedBatch& planned, const BatchPlace& place, const Share& share,
                 const Add& add);
  BatchPlace next_batch() const { return {state_.progress.epoch, state_.progress.batch}; }

  const TrainingData& data_;
  TrainingState& state_;
  const Ranks& ranks_;
  TrainingBatches batches_;
  pupil::captioning::CaptionerTrainingOptions options_;
  bool sync_batch_norm_;
  std::optional<MetricObjective> metric_;        ///< where it is trained on
  std::unique_ptr<ShardedGradients> gradients_;  ///< where batches are cut into shards
  pupil::captioning::Batch batch_;
  pupil::captioning::CaptionerContext<float> context_;
};

}  // namespace captioner
