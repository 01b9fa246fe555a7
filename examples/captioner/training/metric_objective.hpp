#pragma once
// Training on the metric, as `captioner train --objective cider-d` does it.

#include <cstdint>
#include <span>

#include <pupil/models/self_critical.hpp>

#include "encoder_inputs.hpp"
#include "training_data.hpp"
#include "training_settings.hpp"
#include "training_state.hpp"

namespace captioner {

/// Rewards captions of a run's train images by what people wrote of them.
class MetricObjective {
 public:
  MetricObjective(const TrainingSettings& settings, const TrainingData& data);

  /// A step on these train images, whose inputs are given. The same step of the same epoch draws the same captions.
  /// Throws NumericError, and leaves all as it was, where a number is not finite.
  pupil::captioning::SelfCriticalResult step(TrainingState& state, EncoderInput input,
                                             std::span<const pupil::Index> images,
                                             pupil::captioning::CaptionerContext<float>& context) const;

  using SharedStep = pupil::captioning::SelfCriticalStep<float, pupil::AdamW<float>>;

  /// A step that is made of parts. Each part draws the captions that `step` would draw of its images.
  SharedStep begin_shared_step(TrainingState& state, pupil::captioning::CaptionerContext<float>& context) const;
  /// Adds the part of the batch that begins at image number `first`, whose inputs and images are given.
  pupil::captioning::SelfCriticalSums add_part(const TrainingState& state, SharedStep& step, EncoderInput input,
                                               std::span<const pupil::Index> images, pupil::Index first,
                                               pupil::FinishedPart finished) const;

 private:
  pupil::captioning::SelfCriticalOptions options_of(const TrainingState& state) const;
  /// Of the captions that are drawn in the next step.
  std::uint64_t seed_of(const TrainingState& state) const;

  pupil::captioning::CiderDReward reward_;
  pupil::captioning::SelfCriticalOptions options_;
  std::uint64_t seed_;
};

}  // namespace captioner
