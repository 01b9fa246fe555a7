// The loss of all words of a batch of captions. Its value and its gradient come from one pass.

#include <cstdint>
#include <utility>

#include <pupil/nn/softmax_cross_entropy.hpp>

#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "support.hpp"

namespace bench {

void add_softmax_cross_entropy(Index batch) {
  const Shape<2> shape{batch * sizes::words, sizes::vocabulary};
  add("softmax_cross_entropy/" + spelled(shape), [=](auto& state) {
    Rng rng(1);
    const auto logits = random_tensor(shape, rng);
    auto targets = Tensor<std::int32_t, 1>::uninitialized({shape[0]});
    for (std::int32_t& target : targets) target = static_cast<std::int32_t>(rng.below(shape[1]));
    const Work work{.bytes = 2 * bytes_of(shape)};
    time_passes(
        state, work, [&] { return logits; },
        [&](Tensor<float, 2> x) { benchmark::DoNotOptimize(pupil::softmax_cross_entropy(std::move(x), targets)); });
  });
}

}  // namespace bench
