#pragma once
// Channels that become pixels, and back: every pixel of r r C channels is a square of r x r pixels of C channels.
//
//   large[n, h r + i, w r + j, c] = small[n, h, w, (c r + i) r + j]

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil::kernels {

namespace detail {

/// Calls `use(s, l)` for every element: number s of the small images is number l of the large ones, whose shape is
/// `large`. Rows of the small images are taken in parallel.
template <class Use>
void for_each_shuffled(const Shape<4>& large, Index factor, const Use& use) {
  const Index width = large[2] / factor;
  const Index channels = large[3];
  const Index row_size = large[2] * factor * channels;  // of a small image, and of `factor` rows of a large one
  const Index grain = std::max<Index>(1, pointwise_grain / std::max<Index>(1, row_size));
  parallel_ranges(large[0] * (large[1] / factor), grain, [&](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) {
      Index at = row * row_size;
      for (Index i = 0; i < factor; ++i) {
        for (Index w = 0; w < width; ++w) {
          for (Index j = 0; j < factor; ++j) {
            const Index pixel = row * row_size + w * channels * factor * factor;
            for (Index c = 0; c < channels; ++c) use(pixel + (c * factor + i) * factor + j, at++);
          }
        }
      }
    }
  });
}

}  // namespace detail

/// y, of large images, from x.
template <class T>
void pixel_shuffle(const Tensor<T, 4>& x, Index factor, Tensor<T, 4>& y) {
  detail::for_each_shuffled(y.shape(), factor, [&](Index s, Index l) { y[l] = x[s]; });
}

/// y, of small images, from x.
template <class T>
void pixel_unshuffle(const Tensor<T, 4>& x, Index factor, Tensor<T, 4>& y) {
  detail::for_each_shuffled(x.shape(), factor, [&](Index s, Index l) { y[s] = x[l]; });
}

}  // namespace pupil::kernels
