#pragma once
// C = A W^T for a few rows of A, as when a sequence is decoded word by word: every weight is used so few times that
// packing W would cost more than the product. W's rows are read once, as they lie, and dotted with A's. This is fp32 at
// every precision: its time goes into reading the weights, which are fp32. See gemm/packed_weights.hpp for others.

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/instruction_set.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/isa/avx512/few_rows.hpp>
#endif

namespace pupil::kernels {

/// Up to this many rows, `multiply_few_rows` is faster than packing the right operand for one product.
inline constexpr Index few_rows = 8;

namespace detail {

/// How many rows of W share one pass over rows of A.
inline constexpr std::size_t dots_at_once = 8;

/// Writes to sums[r * dots_at_once + j] the dot product of row r of x [rows, depth] with weights[j]. The order of each
/// sum depends on `depth` alone.
template <class T, class Element = T>
using Dots = void (*)(const Element* x, Index rows, const std::array<const Element*, dots_at_once>& weights,
                      Index depth, T* sums);

/// Four dot products with one row: enough independent sums to hide the latency of an addition.
template <class T>
void four_dots(const T* x, const T* const* weights, Index depth, T* sums) {
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
    first += factor * Load(weights[0] + k);
    second += factor * Load(weights[1] + k);
    third += factor * Load(weights[2] + k);
    fourth += factor * Load(weights[3] + k);
  }
  const auto total = [](const Lanes& lane_sums) {
    return (lane_sums.template head<lanes / 2>() + lane_sums.template tail<lanes / 2>()).sum();
  };
  sums[0] = total(first);
  sums[1] = total(second);
  sums[2] = total(third);
  sums[3] = total(fourth);
  for (; k < depth; ++k) {
    for (int j = 0; j < 4; ++j) sums[j] += x[k] * weights[j][k];
  }
}

template <class T>
void portable_dots(const T* x, Index rows, const std::array<const T*, dots_at_once>& weights, Index depth, T* sums) {
  for (Index r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < dots_at_once; j += 4, sums += 4) four_dots(x + r * depth, &weights[j], depth, sums);
  }
}

/// Those of the widest instruction set.
template <class T>
Dots<T> best_dots() {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<T, float>) {
    static_assert(FewRowsAvx512<float>::weight_rows == dots_at_once);
    if (instruction_set() >= InstructionSet::avx512) return FewRowsAvx512<float>::dots;
  }
#endif
  return portable_dots<T>;
}

/// C = X W^T with the rows of X together, and those of W `stride` apart.
template <class T, class Element>
void multiply_few_rows(const Element* x, Index rows, const Element* weights, Index stride, Index columns, Index depth,
                       Dots<T, Element> dots, const Destination<T>& c) {
  constexpr auto at_once = static_cast<Index>(dots_at_once);
  const Index grain = std::max<Index>(1, pointwise_grain / std::max<Index>(1, depth * at_once)) * at_once;
  parallel_ranges(columns, grain, [&](Index begin, Index end) {
    std::array<T, few_rows * at_once> sums;
    for (Index column = begin; column < end; column += at_once) {
      const Index count = std::min(at_once, end - column);
      std::array<const Element*, dots_at_once> weight_rows;
      for (Index j = 0; j < at_once; ++j) {  // past the last row the first is read again, for sums that nobody takes
        weight_rows[static_cast<std::size_t>(j)] = weights + (column + (j < count ? j : 0)) * stride;
      }
      for (Index first = 0; first < rows; first += few_rows) {
        const Index last = std::min(rows, first + few_rows);
        dots(x + first * depth, last - first, weight_rows, depth, sums.data());
        const T* sum = sums.data();
        for (Index r = first; r < last; ++r, sum += at_once) {
          T* const result = c.data + r * c.stride + column;
          for (Index j = 0; j < count; ++j) {
            const T start = c.accumulate ? result[j] : c.bias != nullptr ? c.bias[column + j] : T{};
            const T total = start + sum[j];
            result[j] = c.epilogue == nullptr ? total : (*c.epilogue)(total, column + j, r * c.stride + column + j);
          }
        }
      }
    }
  });
}

}  // namespace detail

/// C = A W^T (or as Destination says), `weights` being W^T; A's columns must be its rows. The same as
/// gemm(left, weights, c) but for rounding, for any number of rows.
template <class Left, class T>
void multiply_few_rows(const Left& left, const Transposed<T>& weights, const Destination<T>& c) {
  Storage<T> x(left.rows * left.columns);
  for (Index r = 0; r < left.rows; ++r) left.copy_row(r, 0, left.columns, x.data() + r * left.columns);
  detail::multiply_few_rows<T, T>(x.data(), left.rows, weights.data, weights.stride, weights.columns, left.columns,
                                  detail::best_dots<T>(), c);
}

}  // namespace pupil::kernels
