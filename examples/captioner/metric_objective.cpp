#include "metric_objective.hpp"

#include <utility>
#include <variant>

#include <pupil/core/hash.hpp>

namespace captioner {

MetricObjective::MetricObjective(const TrainingSettings& settings, const TrainingData& data)
    : reward_(data.captions),
      options_{.samples = settings.samples,
               .baseline =
                   settings.baseline == "greedy" ? pupil::RewardBaseline::greedy : pupil::RewardBaseline::other_samples,
               .max_gradient_norm = settings.max_gradient_norm},
      seed_(pupil::hash_number(settings.seed, pupil::hash_bytes("sampled captions"))) {}

pupil::SelfCriticalResult MetricObjective::step(TrainingState& state, EncoderInput input,
                                                std::span<const pupil::Index> images,
                                                pupil::CaptionerContext<float>& context) const {
  pupil::SelfCriticalOptions options = options_;
  options.first_trained = state.first_trained;
  const auto epoch = static_cast<std::uint64_t>(state.progress.epoch);
  const auto batch = static_cast<std::uint64_t>(state.progress.batch);
  const std::uint64_t seed = pupil::hash_number(batch, pupil::hash_number(epoch, seed_));
  return std::visit(
      [&](auto&& each) {
        return pupil::train_on_cider_d(state.model, state.adam, std::move(each), images, reward_, options, seed,
                                       context);
      },
      std::move(input));
}

}  // namespace captioner
