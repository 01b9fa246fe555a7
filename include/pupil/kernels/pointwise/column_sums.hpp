#pragma once
// Sums down the columns of a matrix, such as the gradient of a bias.

#include <pupil/core/shape.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#ifndef PUPIL_COMPILED
#include <Eigen/Core>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#endif

namespace pupil::kernels {

/// Rows are summed in ranges of this many, and the ranges' sums in order: the same bits for any number of threads.
inline constexpr Index rows_a_sum = 512;

/// sums[c] += sum over r of matrix(r, c)
template <class T>
void add_column_sums(const RowMajor<T>& matrix, T* sums);

#ifndef PUPIL_COMPILED
template <class T>
void add_column_sums(const RowMajor<T>& matrix, T* sums) {
  using Row = Eigen::Array<T, 1, Eigen::Dynamic>;
  const Index ranges = (matrix.rows + rows_a_sum - 1) / rows_a_sum;
  auto partial = Tensor<T, 2>::uninitialized({ranges, matrix.columns});
  parallel_ranges(matrix.rows, rows_a_sum, [&](Index begin, Index end) {
    Eigen::Map<Row> sum(partial.row(begin / rows_a_sum), matrix.columns);
    sum.setZero();
    for (Index r = begin; r < end; ++r) sum += Eigen::Map<const Row>(matrix.data + r * matrix.stride, matrix.columns);
  });
  Eigen::Map<Row> total(sums, matrix.columns);
  for (Index range = 0; range < ranges; ++range) total += Eigen::Map<const Row>(partial.row(range), matrix.columns);
}
#endif

}  // namespace pupil::kernels
