#pragma once
// Normalization of rows by their root mean square, forward and backward. As in layer_norm.hpp, a row is computed whole
// and in one order, and the gradient of the weight is summed over ranges of rows, and the ranges' sums in order.

#include <algorithm>
#include <cmath>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/isa/portable/channel_groups.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>

namespace pupil::kernels {

namespace detail {

template <class T>
T row_mean_square(const T* row, Index columns) {
  RowSum<T> sum;
  for_each_channel_group(columns, [&](Index c, auto count) { sum.add(group_at<count()>(row + c).square()); });
  return sum.total() / static_cast<T>(columns);
}

/// dy becomes dx; weight_sums [columns] += the row's share of the gradient. With z = x s and g = dy weight:
/// dx = s (g - z mean of g z).
template <class T>
void rms_norm_backward_row(T* dy, const T* x, T s, const Tensor<T, 1>& weight, T* weight_sums) {
  RowSum<T> gz_sum;
  for_each_channel_group(weight.size(), [&](Index c, auto group_size) {
    constexpr int count = group_size();
    const ChannelGroup<T, count> dy_z = group_at<count>(dy + c) * (group_at<count>(x + c) * s);
    gz_sum.add(dy_z * group_at<count>(weight.data() + c));
    group_at<count>(weight_sums + c) += dy_z;
  });
  const T gz_mean = gz_sum.total() / static_cast<T>(weight.size());
  for_each_channel_group(weight.size(), [&](Index c, auto group_size) {
    constexpr int count = group_size();
    const ChannelGroup<T, count> z = group_at<count>(x + c) * s;
    const ChannelGroup<T, count> g = group_at<count>(dy + c) * group_at<count>(weight.data() + c);
    group_at<count>(dy + c) = s * (g - z * gz_mean);
  });
}

}  // namespace detail

/// y = x s weight, row by row, with s = 1 / sqrt(mean of x^2 + epsilon); `inverse_roots` has room for the s of all
/// rows.
template <class T>
void rms_norm(const RowMajor<T>& x, T epsilon, const Tensor<T, 1>& weight, Tensor<T, 1>& inverse_roots, T* y) {
  parallel_ranges(x.rows, rows_a_range(x.columns), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const T* const row = x.data + r * x.stride;
      const T s = T{1} / std::sqrt(detail::row_mean_square(row, x.columns) + epsilon);
      for_each_channel_group(x.columns, [&](Index c, auto group_size) {
        constexpr int count = group_size();
        group_at<count>(y + r * x.columns + c) = group_at<count>(row + c) * s * group_at<count>(weight.data() + c);
      });
      inverse_roots[r] = s;
    }
  });
}

/// dy, of the shape of x, becomes dx. Adds to the gradient of the weight, which may be null.
template <class T>
void rms_norm_backward(T* dy, const RowMajor<T>& x, const Tensor<T, 1>& inverse_roots, const Tensor<T, 1>& weight,
                       T* weight_gradient) {
  const Index grain = rows_a_range(x.columns);
  auto weight_sums = Tensor<T, 2>::uninitialized({(x.rows + grain - 1) / grain, x.columns});
  parallel_ranges(x.rows, grain, [&](Index begin, Index end) {
    T* const sums = weight_sums.row(begin / grain);
    std::fill_n(sums, x.columns, T{0});
    for (Index r = begin; r < end; ++r) {
      detail::rms_norm_backward_row(dy + r * x.columns, x.data + r * x.stride, inverse_roots[r], weight, sums);
    }
  });
  if (weight_gradient != nullptr) add_column_sums(matrix(weight_sums), weight_gradient);
}

}  // namespace pupil::kernels
