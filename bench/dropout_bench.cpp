// Dropout between the LSTM and the logits.

#include <pupil/nn/dropout.hpp>

#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "support.hpp"

namespace bench {

void add_dropout(Index batch) {
  const Shape<2> hidden{batch * sizes::words, sizes::hidden};
  const Work work{.bytes = (2 + 1.0 / 32) * bytes_of(hidden)};  // read, written, and a bit an element
  add("dropout/forward/" + spelled(hidden), [=](auto& state) {
    Rng rng(1);
    pupil::Dropout<float> dropout({.probability = 0.5}, rng);
    time_forward(state, work, dropout, random_tensor(hidden, rng));
  });
  add("dropout/backward/" + spelled(hidden), [=](auto& state) {
    Rng rng(1);
    pupil::Dropout<float> dropout({.probability = 0.5}, rng);
    time_backward(state, work, dropout, random_tensor(hidden, rng), rng);
  });
}

}  // namespace bench
