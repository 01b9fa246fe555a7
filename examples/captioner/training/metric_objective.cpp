#include "metric_objective.hpp"

#include <utility>
#include <variant>

#include <pupil/data/batch_rng.hpp>

namespace captioner {

MetricObjective::MetricObjective(const TrainingSettings& settings, const TrainingData& data)
    : reward_(data.captions),
      options_{.samples = settings.samples,
               .baseline =
                   settings.baseline == "greedy" ? pupil::RewardBaseline::greedy : pupil::RewardBaseline::other_samples,
               .max_gradient_norm = settings.max_gradient_norm},
      seed_(settings.seed) {}

pupil::SelfCriticalResult MetricObjective::step(TrainingState& state, EncoderInput input,
                                                std::span<const pupil::Index> images,
                                                pupil::CaptionerContext<float>& context) const {
  pupil::SelfCriticalOptions options = options_;
  options.first_trained = state.first_trained;
  const auto epoch = static_cast<std::uint64_t>(state.progress.epoch);
  const std::uint64_t seed = pupil::batch_rng("sampled captions", seed_, epoch, state.progress.batch).next64();
  return std::visit(
      [&](auto&& each) {
        return pupil::train_on_cider_d(state.model, state.adam, std::move(each), images, reward_, options, seed,
                                       context);
      },
      std::move(input));
}

}  // namespace captioner
