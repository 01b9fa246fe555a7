#pragma once
// Rows of gates and states as arrays.

#include <Eigen/Core>

#include <pupil/kernels/gemm/matrix_operand.hpp>

namespace pupil::kernels::detail {

template <class T>
using RowMap = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
template <class T>
using ConstRowMap = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

/// Row r of a matrix; nullptr where the matrix has no data, and so stands for zeros.
template <class T>
const T* row_or_zeros(const RowMajor<T>& matrix, Index r) {
  return matrix.data == nullptr ? nullptr : matrix.data + r * matrix.stride;
}

}  // namespace pupil::kernels::detail
