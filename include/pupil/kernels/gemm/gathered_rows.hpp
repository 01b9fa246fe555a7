#pragma once
// An operand whose rows lie anywhere in memory: rows of a matrix, picked by number while a product packs them, so that
// nothing is copied beforehand.

#include <algorithm>

#include <pupil/core/tensor.hpp>

namespace pupil::kernels {

/// Row r is row `numbers[r]` of a matrix in memory.
template <class T>
struct GatheredRows {
  using Scalar = T;
  const T* data;
  const Index* numbers;
  Index rows;
  Index columns;
  Index stride;

  /// Copies `count` elements of row r, from column `first` on.
  void copy_row(Index r, Index first, Index count, T* destination) const {
    std::copy_n(data + numbers[r] * stride + first, count, destination);
  }
};

/// The feature rows of a tensor that `numbers` picks, in that order.
template <class T, std::size_t Rank>
GatheredRows<T> gathered(const Tensor<T, Rank>& tensor, const Tensor<Index, 1>& numbers) {
  return {tensor.data(), numbers.data(), numbers.size(), tensor.columns(), tensor.columns()};
}

}  // namespace pupil::kernels
