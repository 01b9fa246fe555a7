// Batch norm in training, after every convolution of ResNet-18.

#include <array>

#include <pupil/nn/batch_norm2d.hpp>

#include "benchmarks.hpp"
#include "support.hpp"

namespace bench {

namespace {

using BatchNorm2d = pupil::BatchNorm2d<float>;

/// A pass that reads or writes `tensors` tensors of the image's size.
Work work_of_batch_norm2d(const Shape<4>& image, int tensors) {
  return {.bytes = tensors * bytes_of(image), .images = static_cast<double>(image[0])};
}

}  // namespace

void add_batch_norm2d(Index batch) {
  for (const Shape<4>& image :
       std::array{Shape{batch, Index{112}, Index{112}, Index{64}},  //
                  Shape{batch, Index{56}, Index{56}, Index{64}}, Shape{batch, Index{28}, Index{28}, Index{128}},
                  Shape{batch, Index{14}, Index{14}, Index{256}}, Shape{batch, Index{7}, Index{7}, Index{512}}}) {
    add("batch_norm2d/forward/" + spelled(image, 1), [=](auto& state) {
      Rng rng(1);
      BatchNorm2d norm({.num_features = image[3]});
      time_forward(state, work_of_batch_norm2d(image, 3), norm, random_tensor(image, rng));  // x for the moments, x, y
    });
    add("batch_norm2d/backward/" + spelled(image, 1), [=](auto& state) {
      Rng rng(1);
      BatchNorm2d norm({.num_features = image[3]});
      time_backward(state, work_of_batch_norm2d(image, 5), norm, random_tensor(image, rng),
                    rng);  // x and dy for the sums, x, dy, dx
    });
  }
}

}  // namespace bench
