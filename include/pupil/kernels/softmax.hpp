#pragma once
// Softmax, its logarithm and the cross entropy of rows of logits, in place.
//
//   softmax(x)_i = e^(x_i - m) / S     ln softmax(x)_i = x_i - m - ln S     with m = max x and S = sum of e^(x_j - m)
//
// Subtracting the maximum keeps every power at or below 1: nothing overflows, and S is at least 1. A row is computed
// whole and in one order, so its bits depend on its numbers alone. A logit of -infinity has the probability 0; a NaN, a
// +infinity or nothing but -infinity makes the whole row NaN.

#include <algorithm>
#include <cmath>
#include <limits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/lanes.hpp>

namespace pupil::kernels {

namespace detail {

template <class T>
inline constexpr T minus_infinity = -std::numeric_limits<T>::infinity();

template <class T>
T row_maximum(const T* row, Index columns) {
  Lanes<T> maximum = Lanes<T>::Constant(minus_infinity<T>);
  for (Index c = 0; c < columns; c += lane_count) {
    maximum = maximum.max(load_lanes(row + c, columns - c, minus_infinity<T>));
  }
  return maximum.maxCoeff();
}

/// The sum over the row of e^(x - maximum); each group of powers is handed to `use(column, powers)` on its way.
template <class T, class Use>
T sum_of_powers(const T* row, Index columns, T maximum, const Use& use) {
  Lanes<T> sum = Lanes<T>::Zero();
  for (Index c = 0; c < columns; c += lane_count) {
    const Lanes<T> powers = exponential<T>(load_lanes(row + c, columns - c, minus_infinity<T>) - maximum);
    use(c, powers);
    sum += powers;
  }
  return sum.sum();
}

}  // namespace detail

/// row = scale * softmax(row); returns ln S.
template <class T>
T softmax_row(T* row, Index columns, T scale = 1) {
  const T maximum = detail::row_maximum(row, columns);
  const T sum = detail::sum_of_powers(
      row, columns, maximum, [&](Index c, const Lanes<T>& powers) { store_lanes(powers, columns - c, row + c); });
  transform_lanes(row, columns, [factor = scale / sum](const Lanes<T>& powers) { return factor * powers; });
  return std::log(sum);
}

/// row = ln softmax(row)
template <class T>
void log_softmax_row(T* row, Index columns) {
  const T maximum = detail::row_maximum(row, columns);
  const T log_sum = std::log(detail::sum_of_powers(row, columns, maximum, [](Index, const Lanes<T>&) {}));
  transform_lanes(row, columns, [=](const Lanes<T>& x) { return (x - maximum) - log_sum; });
}

/// Returns -ln softmax(row)_target and makes the row `scale` times the gradient of that: softmax(row), less 1 at the
/// target.
template <class T>
T cross_entropy_row(T* row, Index columns, Index target, T scale) {
  const T below_maximum = detail::row_maximum(row, columns) - row[target];
  const T log_sum = softmax_row(row, columns, scale);
  row[target] -= scale;
  return log_sum + below_maximum;
}

/// The same for many targets at once: returns the sum over c of -counts_c ln softmax(row)_c, and makes the row `scale`
/// times the gradient of that: n softmax(row) - counts, where n is the sum of the counts.
template <class T>
T counted_cross_entropy_row(T* row, const T* counts, Index columns, T scale) {
  T total = 0;
  T hits = 0;
  for (Index c = 0; c < columns; ++c) {
    total += counts[c];
    hits += counts[c] * row[c];
  }
  const T maximum = detail::row_maximum(row, columns);
  const T log_sum = softmax_row(row, columns, scale * total);
  for (Index c = 0; c < columns; ++c) row[c] -= scale * counts[c];
  return total * (maximum + log_sum) - hits;
}

/// Every row x of the tensor becomes softmax(x).
template <class T, std::size_t Rank>
void softmax_rows(Tensor<T, Rank>& x) {
  parallel_ranges(x.rows(), rows_a_range(x.columns()), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) softmax_row(x.row(r), x.columns());
  });
}

/// Every row x of the tensor becomes ln softmax(x).
template <class T, std::size_t Rank>
void log_softmax_rows(Tensor<T, Rank>& x) {
  parallel_ranges(x.rows(), rows_a_range(x.columns()), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) log_softmax_row(x.row(r), x.columns());
  });
}

}  // namespace pupil::kernels
