#pragma once
// Softmax, its logarithm, their gradients, and the cross entropy of rows of logits, in place.
//
//   softmax(x)_i = e^(x_i - m) / S     ln softmax(x)_i = x_i - m - ln S     with m = max x and S = sum of e^(x_j - m)
//
// Subtracting the maximum keeps every power at or below 1: nothing overflows, and S is at least 1. A row is computed
// whole and in one order, so its bits depend on its numbers alone. A logit of -infinity has the probability 0; a NaN, a
// +infinity or nothing but -infinity makes the whole row NaN.

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#ifndef PUPIL_COMPILED
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <pupil/kernels/pointwise/lanes.hpp>
#endif

namespace pupil::kernels {

/// The largest number of a row; -infinity where it is empty.
template <class T>
T row_maximum(const T* row, Index columns);

/// row = scale * softmax(row); returns ln S.
template <class T>
T softmax_row(T* row, Index columns, T scale = 1);

/// row = softmax over the columns that the mask lets through, and 0 in all others: in the whole row where it lets none
/// through. What stands in the other columns is not read.
template <class T>
void masked_softmax_row(T* row, Index columns, const bool* mask);

/// row = ln softmax(row)
template <class T>
void log_softmax_row(T* row, Index columns);

/// From y = softmax(x) and dy makes dx = y (dy - sum over i of y_i dy_i), in dy's place.
template <class T>
void softmax_row_backward(const T* y, T* dy, Index columns);

/// From y = ln softmax(x) and dy makes dx = dy - e^y (sum of dy), in dy's place.
template <class T>
void log_softmax_row_backward(const T* y, T* dy, Index columns);

/// Returns -ln softmax(row)_target and makes the row `scale` times the gradient of that: softmax(row), less 1 at the
/// target.
template <class T>
T cross_entropy_row(T* row, Index columns, Index target, T scale);

/// As cross_entropy_row, for a target that is not one class: `target_weight` goes to the target and spread[c] besides
/// to every class c; `spread_sum` is the sum of these. Returns the sum of weight * -ln softmax(row).
template <class T>
T smoothed_cross_entropy_row(T* row, Index columns, Index target, T target_weight, const T* spread, T spread_sum,
                             T scale);

/// As cross_entropy_row, for many targets at once: returns the sum over c of -counts_c ln softmax(row)_c, and makes the
/// row `scale` times the gradient of that: n softmax(row) - counts, where n is the sum of the counts.
template <class T>
T counted_cross_entropy_row(T* row, const T* counts, Index columns, T scale);

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

#ifndef PUPIL_COMPILED
namespace detail {

template <class T>
inline constexpr T minus_infinity = -std::numeric_limits<T>::infinity();

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

template <class T>
T row_maximum(const T* row, Index columns) {
  Lanes<T> maximum = Lanes<T>::Constant(detail::minus_infinity<T>);
  for (Index c = 0; c < columns; c += lane_count) {
    maximum = maximum.max(load_lanes(row + c, columns - c, detail::minus_infinity<T>));
  }
  return maximum.maxCoeff();
}

template <class T>
T softmax_row(T* row, Index columns, T scale) {
  const T maximum = row_maximum(row, columns);
  const T sum = detail::sum_of_powers(
      row, columns, maximum, [&](Index c, const Lanes<T>& powers) { store_lanes(powers, columns - c, row + c); });
  transform_lanes(row, columns, [factor = scale / sum](const Lanes<T>& powers) { return factor * powers; });
  return std::log(sum);
}

template <class T>
void masked_softmax_row(T* row, Index columns, const bool* mask) {
  bool any = false;
  for (Index c = 0; c < columns; ++c) {
    row[c] = mask[c] ? row[c] : detail::minus_infinity<T>;
    any |= mask[c];
  }
  if (any) {
    softmax_row(row, columns);
  } else {
    std::fill_n(row, columns, T{0});
  }
}

template <class T>
void log_softmax_row(T* row, Index columns) {
  const T maximum = row_maximum(row, columns);
  const T log_sum = std::log(detail::sum_of_powers(row, columns, maximum, [](Index, const Lanes<T>&) {}));
  transform_lanes(row, columns, [=](const Lanes<T>& x) { return (x - maximum) - log_sum; });
}

template <class T>
void softmax_row_backward(const T* y, T* dy, Index columns) {
  const T mean = dot_lanes(y, dy, columns);
  combine_lanes(dy, y, columns, [=](const Lanes<T>& d, const Lanes<T>& p) { return p * (d - mean); });
}

template <class T>
void log_softmax_row_backward(const T* y, T* dy, Index columns) {
  Lanes<T> sums = Lanes<T>::Zero();
  for (Index c = 0; c < columns; c += lane_count) sums += load_lanes(dy + c, columns - c, T{0});
  const T sum = sums.sum();
  combine_lanes(dy, y, columns,
                [=](const Lanes<T>& d, const Lanes<T>& log_p) -> Lanes<T> { return d - sum * exponential(log_p); });
}

template <class T>
T cross_entropy_row(T* row, Index columns, Index target, T scale) {
  const T below_maximum = row_maximum(row, columns) - row[target];
  const T log_sum = softmax_row(row, columns, scale);
  row[target] -= scale;
  return log_sum + below_maximum;
}

template <class T>
T smoothed_cross_entropy_row(T* row, Index columns, Index target, T target_weight, const T* spread, T spread_sum,
                             T scale) {
  const T maximum = row_maximum(row, columns);
  T below_maximum = target_weight * (maximum - row[target]);
  Lanes<T> sums = Lanes<T>::Zero();
  for (Index c = 0; c < columns; c += lane_count) {
    sums += load_lanes(spread + c, columns - c, T{0}) * (maximum - load_lanes(row + c, columns - c, maximum));
  }
  below_maximum += sums.sum();
  const T total = target_weight + spread_sum;
  const T log_sum = softmax_row(row, columns, scale * total);
  combine_lanes(row, spread, columns, [=](const Lanes<T>& p, const Lanes<T>& share) { return p - scale * share; });
  row[target] -= scale * target_weight;
  return total * log_sum + below_maximum;
}

template <class T>
T counted_cross_entropy_row(T* row, const T* counts, Index columns, T scale) {
  const T total = std::accumulate(counts, counts + columns, T{0});
  return smoothed_cross_entropy_row(row, columns, Index{0}, T{0}, counts, total, scale);
}
#endif

}  // namespace pupil::kernels
