#pragma once
// Layer normalization of rows, forward and backward: each reads every row once from memory, and then from the cache.
//
// A row is computed whole, in groups and in one order, so its bits depend on its numbers alone. The gradients of weight
// and bias are summed over ranges of rows, and the ranges' sums in order.

#include <algorithm>
#include <cmath>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/isa/portable/channel_groups.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>

namespace pupil::kernels {

/// What the forward pass finds out about every row.
template <class T>
struct RowMoments {
  Tensor<T, 1> mean;
  Tensor<T, 1> inverse_deviation;  ///< 1 / sqrt(variance + epsilon), the variance as the mean of squared distances
};

namespace detail {

template <class T>
T row_mean(const T* row, Index columns) {
  RowSum<T> sum;
  for_each_channel_group(columns, [&](Index c, auto count) { sum.add(group_at<count()>(row + c)); });
  return sum.total() / static_cast<T>(columns);
}

template <class T>
T row_variance(const T* row, Index columns, T mean) {
  RowSum<T> sum;
  for_each_channel_group(columns, [&](Index c, auto count) { sum.add((group_at<count()>(row + c) - mean).square()); });
  return sum.total() / static_cast<T>(columns);
}

/// dy becomes dx; weight_sums and bias_sums [columns] += the row's share of the gradients. With z = (x - mean) s and
/// g = dy weight: dx = s (g - mean of g - z mean of g z).
template <class T>
void layer_norm_backward_row(T* dy, const T* x, T mean, T s, const Tensor<T, 1>& weight, T* weight_sums, T* bias_sums) {
  RowSum<T> g_sum;
  RowSum<T> gz_sum;
  for_each_channel_group(weight.size(), [&](Index c, auto group_size) {
    constexpr int count = group_size();
    const ChannelGroup<T, count> gradient = group_at<count>(dy + c);
    const ChannelGroup<T, count> z = (group_at<count>(x + c) - mean) * s;
    const ChannelGroup<T, count> g = gradient * group_at<count>(weight.data() + c);
    g_sum.add(g);
    gz_sum.add(g * z);
    group_at<count>(weight_sums + c) += gradient * z;
    group_at<count>(bias_sums + c) += gradient;
  });
  const T g_mean = g_sum.total() / static_cast<T>(weight.size());
  const T gz_mean = gz_sum.total() / static_cast<T>(weight.size());
  for_each_channel_group(weight.size(), [&](Index c, auto group_size) {
    constexpr int count = group_size();
    const ChannelGroup<T, count> z = (group_at<count>(x + c) - mean) * s;
    const ChannelGroup<T, count> g = group_at<count>(dy + c) * group_at<count>(weight.data() + c);
    group_at<count>(dy + c) = s * (g - g_mean - z * gz_mean);
  });
}

}  // namespace detail

/// y = (x - mean) * inverse_deviation * weight + bias, row by row, with moments of the row's own; `moments` has room
/// for all rows.
template <class T>
void layer_norm(const RowMajor<T>& x, T epsilon, const Tensor<T, 1>& weight, const Tensor<T, 1>& bias,
                RowMoments<T>& moments, T* y) {
  parallel_ranges(x.rows, rows_a_range(x.columns), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const T* const row = x.data + r * x.stride;
      const T mean = detail::row_mean(row, x.columns);
      const T s = T{1} / std::sqrt(detail::row_variance(row, x.columns, mean) + epsilon);
      for_each_channel_group(x.columns, [&](Index c, auto group_size) {
        constexpr int count = group_size();
        const ChannelGroup<T, count> z = (group_at<count>(row + c) - mean) * s;
        group_at<count>(y + r * x.columns + c) =
            z * group_at<count>(weight.data() + c) + group_at<count>(bias.data() + c);
      });
      moments.mean[r] = mean;
      moments.inverse_deviation[r] = s;
    }
  });
}

/// dy, of the shape of x, becomes dx. Adds to the gradients of weight and bias, each of which may be null.
template <class T>
void layer_norm_backward(T* dy, const RowMajor<T>& x, const RowMoments<T>& moments, const Tensor<T, 1>& weight,
                         T* weight_gradient, T* bias_gradient) {
  const Index grain = rows_a_range(x.columns);
  auto weight_sums = Tensor<T, 2>::uninitialized({(x.rows + grain - 1) / grain, x.columns});
  auto bias_sums = Tensor<T, 2>::uninitialized(weight_sums.shape());
  parallel_ranges(x.rows, grain, [&](Index begin, Index end) {
    T* const by_weight = weight_sums.row(begin / grain);
    T* const by_bias = bias_sums.row(begin / grain);
    std::fill_n(by_weight, x.columns, T{0});
    std::fill_n(by_bias, x.columns, T{0});
    for (Index r = begin; r < end; ++r) {
      detail::layer_norm_backward_row(dy + r * x.columns, x.data + r * x.stride, moments.mean[r],
                                      moments.inverse_deviation[r], weight, by_weight, by_bias);
    }
  });
  if (weight_gradient != nullptr) add_column_sums(matrix(weight_sums), weight_gradient);
  if (bias_gradient != nullptr) add_column_sums(matrix(bias_sums), bias_gradient);
}

}  // namespace pupil::kernels
