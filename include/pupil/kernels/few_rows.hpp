#pragma once
// C = A W^T for a few rows of A, as when a sequence is decoded word by word: every weight is used so few times that
// packing W would cost more than the product. W's rows are read once, as they lie, and dotted with A's. This is fp32 at
// every precision: its time goes into reading the weights, which are fp32.

#include <Eigen/Core>
#include <algorithm>
#include <array>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/matrix_operand.hpp>

namespace pupil::kernels {

/// Up to this many rows, `multiply_few_rows` is faster than packing the right operand for one product.
inline constexpr Index few_rows = 8;

namespace detail {

/// How many rows of W share one pass over a row of A: enough independent sums to hide the latency of an addition.
inline constexpr Index dots_at_once = 4;

/// The dot products of x with `dots_at_once` rows of `depth` values. The order of a sum depends on `depth` alone.
template <class T>
std::array<T, dots_at_once> dots(const T* x, const std::array<const T*, dots_at_once>& rows, Index depth) {
  constexpr Index lanes = 64 / sizeof(T);
  using Lanes = Eigen::Array<T, lanes, 1>;
  using Load = Eigen::Map<const Lanes>;
  Lanes first = Lanes::Zero();
  Lanes second = Lanes::Zero();
  Lanes third = Lanes::Zero();
  Lanes fourth = Lanes::Zero();
  Index k = 0;
  for (; k + lanes <= depth; k += lanes) {
    const Lanes factor = Load(x + k);
    first += factor * Load(rows[0] + k);
    second += factor * Load(rows[1] + k);
    third += factor * Load(rows[2] + k);
    fourth += factor * Load(rows[3] + k);
  }
  const auto total = [](const Lanes& lane_sums) {
    return (lane_sums.template head<lanes / 2>() + lane_sums.template tail<lanes / 2>()).sum();
  };
  std::array<T, dots_at_once> sums{total(first), total(second), total(third), total(fourth)};
  for (; k < depth; ++k) {
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += x[k] * rows[j][k];
  }
  return sums;
}

}  // namespace detail

/// C = A W^T (or as Destination says), `weights` being W^T; A's columns must be its rows. The
/// same as gemm(left, weights, c) but for rounding, for any number of rows.
template <class Left, class T>
void multiply_few_rows(const Left& left, const Transposed<T>& weights, const Destination<T>& c) {
  constexpr Index at_once = detail::dots_at_once;
  const Index depth = left.columns;
  Storage<T> x(left.rows * depth);
  for (Index r = 0; r < left.rows; ++r) left.copy_row(r, 0, depth, x.data() + r * depth);

  const Index grain = std::max<Index>(1, pointwise_grain / std::max<Index>(1, depth * at_once)) * at_once;
  parallel_ranges(weights.columns, grain, [&](Index begin, Index end) {
    for (Index column = begin; column < end; column += at_once) {
      const Index count = std::min(at_once, end - column);
      std::array<const T*, at_once> rows;
      for (Index j = 0; j < at_once; ++j) {  // past the last row the first is read again, for sums that nobody takes
        rows[static_cast<std::size_t>(j)] = weights.data + (column + (j < count ? j : 0)) * weights.stride;
      }
      for (Index r = 0; r < left.rows; ++r) {
        const auto sums = detail::dots(x.data() + r * depth, rows, depth);
        T* const result = c.data + r * c.stride + column;
        for (Index j = 0; j < count; ++j) {
          const T start = c.accumulate ? result[j] : c.bias != nullptr ? c.bias[column + j] : T{};
          const T sum = start + sums[static_cast<std::size_t>(j)];
          result[j] = c.epilogue == nullptr ? sum : (*c.epilogue)(sum, column + j, r * c.stride + column + j);
        }
      }
    }
  });
}

}  // namespace pupil::kernels
