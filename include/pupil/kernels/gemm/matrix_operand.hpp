#pragma once
// What a matrix product can read: a matrix as it lies in memory, or its transpose.

#include <algorithm>

#include <pupil/core/shape.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

/// A matrix in memory: element (r, c) at data[r * stride + c].
template <class T>
struct RowMajor {
  using Scalar = T;
  const T* data;
  Index rows;
  Index columns;
  Index stride;

  /// Copies `count` elements of row r, from column `first` on.
  void copy_row(Index r, Index first, Index count, T* destination) const {
    std::copy_n(data + r * stride + first, count, destination);
  }
};

/// The transpose of a matrix in memory: element (r, c) at data[c * stride + r].
template <class T>
struct Transposed {
  using Scalar = T;
  const T* data;
  Index rows;
  Index columns;
  Index stride;
};

/// A tensor as the matrix of its feature rows.
template <class T, std::size_t Rank>
RowMajor<T> matrix(const Tensor<T, Rank>& tensor) {
  return {tensor.data(), tensor.rows(), tensor.columns(), tensor.columns()};
}

/// A tensor [out, ...] as the matrix whose rows are all that lies under one outermost index.
template <class T, std::size_t Rank>
RowMajor<T> matrix_by_outermost(const Tensor<T, Rank>& tensor) {
  const Index columns = tensor.dim(0) == 0 ? 0 : tensor.size() / tensor.dim(0);
  return {tensor.data(), tensor.dim(0), columns, columns};
}

template <class T>
Transposed<T> transposed(const RowMajor<T>& matrix) {
  return {matrix.data, matrix.columns, matrix.rows, matrix.stride};
}

/// Where a product goes: row r begins at data + r * stride. It starts from zero, from what is there, or from one row
/// that is added to every row. The epilogue comes last.
template <class T>
struct Destination {
  T* data;
  Index stride;
  bool accumulate = false;
  const T* bias = nullptr;                ///< one number a column; excludes accumulate
  const Epilogue<T>* epilogue = nullptr;  ///< outlives the product
};

/// The whole of a tensor as destination.
template <class T, std::size_t Rank>
Destination<T> into(Tensor<T, Rank>& tensor) {
  return {tensor.data(), tensor.columns()};
}
/// As `into`, each row starting from `bias`.
template <class T, std::size_t Rank>
Destination<T> into(Tensor<T, Rank>& tensor, const Tensor<T, 1>& bias) {
  return {tensor.data(), tensor.columns(), false, bias.data()};
}
/// A tensor to whose elements the product is added.
template <class T, std::size_t Rank>
Destination<T> added_to(Tensor<T, Rank>& tensor) {
  return {tensor.data(), tensor.columns(), true};
}

}  // namespace pupil::kernels
