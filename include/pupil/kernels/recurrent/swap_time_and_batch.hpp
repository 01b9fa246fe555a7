#pragma once
// From the order of recurrent layers, step by step, to that of attention, sequence by sequence, and back.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil::kernels {

/// [time, batch, features] -> [batch, time, features], and the other way round: it is its own inverse, and the gradient
/// of itself.
template <class T>
Tensor<T, 3> swap_time_and_batch(const Tensor<T, 3>& x) {
  auto swapped = Tensor<T, 3>::uninitialized({x.dim(1), x.dim(0), x.dim(2)});
  parallel_ranges(swapped.rows(), rows_a_range(x.columns()), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      std::copy_n(x.row(r % x.dim(0) * x.dim(1) + r / x.dim(0)), x.columns(), swapped.row(r));
    }
  });
  return swapped;
}

}  // namespace pupil::kernels
