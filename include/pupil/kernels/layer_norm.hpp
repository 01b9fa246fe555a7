#pragma once
// Layer normalization of rows, forward and backward: each reads every row once from memory, and then from the cache.
//
// A row is computed whole, in groups of lanes and in one order, so its bits depend on its numbers alone. The gradients
// of weight and bias are summed over ranges of rows, and the ranges' sums in order.

#include <algorithm>
#include <cmath>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/column_sums.hpp>
#include <pupil/kernels/lanes.hpp>
#include <pupil/kernels/matrix_operand.hpp>

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
  Lanes<T> sum = Lanes<T>::Zero();
  for (Index c = 0; c < columns; c += lane_count) sum += load_lanes(row + c, columns - c, T{0});
  return sum.sum() / static_cast<T>(columns);
}

template <class T>
T row_variance(const T* row, Index columns, T mean) {
  Lanes<T> sum = Lanes<T>::Zero();
  for (Index c = 0; c < columns; c += lane_count) sum += (load_lanes(row + c, columns - c, mean) - mean).square();
  return sum.sum() / static_cast<T>(columns);
}

/// sums[c] += terms, for at most a group of lanes.
template <class T>
void add_lanes(const Lanes<T>& terms, Index count, T* sums) {
  store_lanes<T>(load_lanes(sums, count, T{0}) + terms, count, sums);
}

/// dy becomes dx; weight_sums and bias_sums [columns] += the row's share of the gradients. With z = (x - mean) s and
/// g = dy weight: dx = s (g - mean of g - z mean of g z).
template <class T>
void layer_norm_backward_row(T* dy, const T* x, T mean, T s, const Tensor<T, 1>& weight, T* weight_sums, T* bias_sums) {
  const Index columns = weight.size();
  Lanes<T> g_sum = Lanes<T>::Zero();
  Lanes<T> gz_sum = Lanes<T>::Zero();
  for (Index c = 0; c < columns; c += lane_count) {
    const Index count = columns - c;
    const Lanes<T> gradient = load_lanes(dy + c, count, T{0});
    const Lanes<T> z = (load_lanes(x + c, count, mean) - mean) * s;
    const Lanes<T> g = gradient * load_lanes(weight.data() + c, count, T{0});
    g_sum += g;
    gz_sum += g * z;
    add_lanes<T>(gradient * z, count, weight_sums + c);
    add_lanes<T>(gradient, count, bias_sums + c);
  }
  const T g_mean = g_sum.sum() / static_cast<T>(columns);
  const T gz_mean = gz_sum.sum() / static_cast<T>(columns);
  for (Index c = 0; c < columns; c += lane_count) {
    const Index count = columns - c;
    const Lanes<T> z = (load_lanes(x + c, count, mean) - mean) * s;
    const Lanes<T> g = load_lanes(dy + c, count, T{0}) * load_lanes(weight.data() + c, count, T{0});
    store_lanes<T>(s * (g - g_mean - z * gz_mean), count, dy + c);
  }
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
      for (Index c = 0; c < x.columns; c += lane_count) {
        const Index count = x.columns - c;
        const Lanes<T> z = (load_lanes(row + c, count, mean) - mean) * s;
        store_lanes<T>(z * load_lanes(weight.data() + c, count, T{0}) + load_lanes(bias.data() + c, count, T{0}), count,
                       y + r * x.columns + c);
      }
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
