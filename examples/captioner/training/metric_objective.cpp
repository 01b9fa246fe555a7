#include "metric_objective.hpp"

#include <utility>
#include <variant>

#include <pupil/data/batch_rng.hpp>

namespace captioner {

MetricObjective::MetricObjective(const TrainingSettings& settings, const TrainingData& data)
    : reward_(data.captions),
      options_{.samples = settings.samples,
               .baseline = settings.baseline == "greedy" ? pupil::captioning::RewardBaseline::greedy
                                                         : pupil::captioning::RewardBaseline::other_samples,
               .max_gradient_norm = settings.max_gradient_norm},
      seed_(settings.seed) {}

pupil::captioning::SelfCriticalOptions MetricObjective::options_of(const TrainingState& state) const {
  pupil::captioning::SelfCriticalOptions options = options_;
  options.first_trained = state.first_trained;
  return options;
}

std::uint64_t MetricObjective::seed_of(const TrainingState& state) const {
  const auto epoch = static_cast<std::uint64_t>(state.progress.epoch);
  return pupil::batch_rng("sampled captions", seed_, epoch, state.progress.batch).next64();
}

pupil::captioning::SelfCriticalResult MetricObjective::step(TrainingState& state, EncoderInput input,
                                                            std::span<const pupil::Index> images,
                                                            pupil::captioning::CaptionerContext<float>& context) const {
  return std::visit(
      [&](auto&& each) {
        return pupil::captioning::train_on_cider_d(state.model, state.adam, std::move(each), images, reward_,
                                                   options_of(state), seed_of(state), context);
      },
      std::move(input));
}

MetricObjective::SharedStep MetricObjective::begin_shared_step(
    TrainingState& state, pupil::captioning::CaptionerContext<float>& context) const {
  return {state.model, state.adam, reward_, options_of(state), context};
}

pupil::captioning::SelfCriticalSums MetricObjective::add_part(const TrainingState& state, SharedStep& step,
                                                              EncoderInput input, std::span<const pupil::Index> images,
                                                              pupil::Index first, pupil::FinishedPart finished) const {
  return std::visit(
      [&](auto&& each) { return step.add_part(std::move(each), images, seed_of(state), first, finished); },
      std::move(input));
}

}  // namespace captioner
