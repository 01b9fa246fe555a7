#pragma once
// Inference on many images a few at a time, each thread with images of its own: what a layer gives is then still in the
// cache when the next one reads it, memory is needed for a few images only, and threads need not wait for each other at
// every layer.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil::detail {

/// As `run(x)`, which gives images of the shape `output`, each of them by itself; `run` gets at most `images_at_once`.
/// Where there are fewer images than threads, `run` gets all of them, and the threads share out every layer.
template <class T, class Run>
Tensor<T, 4> run_in_parts(const Tensor<T, 4>& x, const Shape<4>& output, Index images_at_once, const Run& run) {
  const Index images = x.dim(0);
  const Index threads = free_threads();
  if (images <= images_at_once || images < threads) return run(x);
  const Index fewest_parts = (images + images_at_once - 1) / images_at_once;
  const Index parts = (fewest_parts + threads - 1) / threads * threads;
  auto y = Tensor<T, 4>::uninitialized(output);
  const Index input_size = x.size() / images;
  const Index output_size = y.size() / images;
  parallel_ranges(images, (images + parts - 1) / parts, [&](Index begin, Index end) {
    auto part = Tensor<T, 4>::uninitialized({end - begin, x.dim(1), x.dim(2), x.dim(3)});
    std::copy_n(x.data() + begin * input_size, part.size(), part.data());
    const Tensor<T, 4> result = run(part);
    std::copy(result.begin(), result.end(), y.data() + begin * output_size);
  });
  return y;
}

}  // namespace pupil::detail
