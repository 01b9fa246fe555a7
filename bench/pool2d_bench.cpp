// Pooling: ResNet-18's own, and the mean of 2 x 2 pixels.

#include <string>

#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/max_pool2d.hpp>

#include "benchmarks.hpp"
#include "support.hpp"

namespace bench {

namespace {

/// Either pass goes once over the large image and once over the small one, of which max pooling also keeps where in its
/// window each element was found, in `kept` bytes.
Work work_of_pool2d(const Shape<4>& large, const Shape<4>& small, double kept = 0) {
  return {.bytes = bytes_of(large) + bytes_of(small) + kept, .images = static_cast<double>(large[0])};
}

template <class Pool>
void add_pool(const std::string& name, const Pool& pool, const Shape<4>& input, const Work& work) {
  add(name + "/forward/" + spelled(input, 1), [=](auto& state) {
    Rng rng(1);
    Pool layer = pool;
    time_forward(state, work, layer, random_tensor(input, rng));
  });
  add(name + "/backward/" + spelled(input, 1), [=](auto& state) {
    Rng rng(1);
    Pool layer = pool;
    time_backward(state, work, layer, random_tensor(input, rng), rng);
  });
}

}  // namespace

void add_pool2d(Index batch) {
  const Shape<4> stem{batch, 112, 112, 64};
  const Shape<4> halved{batch, 56, 56, 64};
  const double taps = static_cast<double>(sizeof(pupil::kernels::Tap)) * static_cast<double>(halved.size());
  add_pool("max_pool2d_k3s2", pupil::MaxPool2d<float>({.kernel_size = 3, .stride = 2, .padding = 1}), stem,
           work_of_pool2d(stem, halved, taps));
  add_pool("avg_pool2d_k2s2", pupil::AvgPool2d<float>({.kernel_size = 2}), stem, work_of_pool2d(stem, halved));

  const Shape<4> last{batch, 7, 7, 512};
  add_pool("global_avg_pool2d", pupil::GlobalAvgPool2d<float>(), last, work_of_pool2d(last, {batch, 1, 1, 512}));
}

}  // namespace bench
