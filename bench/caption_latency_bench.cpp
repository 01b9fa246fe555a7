// caption-latency, as `captioner bench` has it: one image, and the words that a beam search finds for it.

#include "../examples/captioner/bench/workloads.hpp"
#include "benchmarks.hpp"
#include "operations.hpp"
#include "support.hpp"

namespace bench {

namespace {

/// The encoder reads the image; the decoder reads it too, and then each step a word of every beam.
double caption_operations() {
  using namespace captioner::sizes;
  const double encoder = convolution_operations(resnet18_convolutions) + product_operations(1, embedding, 512);
  const Index steps = 1 + words * beam;
  return encoder + lstm_operations(steps, embedding, hidden) + product_operations(words * beam, vocabulary, hidden);
}

void time_caption(benchmark::State& state) {
  const captioner::CaptionLatency workload;
  const auto no_input = [] { return 0; };
  time_passes(state, {.operations = caption_operations(), .captions = 1}, no_input,
              [&](int) { benchmark::DoNotOptimize(workload.caption()); });
}

}  // namespace

void add_caption_latency() { add("caption-latency", time_caption); }

}  // namespace bench
