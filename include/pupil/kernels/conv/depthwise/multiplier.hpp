#pragma once
// Depthwise convolutions with several output channels for each input channel: input channels are repeated for the
// kernels, which know one to one alone, and their gradients summed.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/conv/shape.hpp>

namespace pupil::kernels::detail {

/// Every number of x [N, H, W, C] repeated to make K channels; nothing where there are as many.
template <class T>
Storage<T> repeated_channels(const ConvShape& shape, const T* x) {
  const Index multiplier = shape.out_channels_a_group();
  if (multiplier == 1) return {};
  const Index size = shape.batch * shape.height * shape.width * shape.in_channels;
  Storage<T> result(size * multiplier);
  parallel_ranges(size, pointwise_grain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) std::fill_n(result.data() + i * multiplier, multiplier, x[i]);
  });
  return result;
}

/// sums[i] = the sum of `multiplier` numbers in a row.
template <class T>
void sum_repeated(const T* numbers, Index multiplier, T* sums, Index size) {
  parallel_ranges(size, pointwise_grain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      sums[i] = 0;
      for (Index m = 0; m < multiplier; ++m) sums[i] += numbers[i * multiplier + m];
    }
  });
}

}  // namespace pupil::kernels::detail
