#pragma once
// What is done to the sums of a product or a convolution before they are written for the last time, while they are in
// registers: a folded batch norm, a residual that is added, a rectifier.
//
//   y = min(max(sum * scale + shift + residual, lowest), highest)
//
// A NaN passes through, as through the functions of pointwise/rectifier.hpp.

#include <limits>

#include <pupil/core/shape.hpp>

namespace pupil {

/// What a block of layers can end with: x, max(x, 0), or min(max(x, 0), 6).
enum class Activation { none, relu, relu6 };

namespace kernels {

/// What is left out does nothing.
template <class T>
struct Epilogue {
  const T* scale = nullptr;  ///< one number a column, as `shift`: there are both or neither
  const T* shift = nullptr;
  const T* residual = nullptr;  ///< lies as the destination does
  T lowest = -std::numeric_limits<T>::infinity();
  T highest = std::numeric_limits<T>::infinity();

  /// Takes the bounds from a rectifier.
  Epilogue& rectified_by(Activation activation) {
    if (activation != Activation::none) lowest = 0;
    if (activation == Activation::relu6) highest = 6;
    return *this;
  }

  /// That of the columns from `column` on, where the destination begins `offset` numbers further on.
  Epilogue from(Index column, Index offset) const {
    Epilogue part = *this;
    if (scale != nullptr) {
      part.scale += column;
      part.shift += column;
    }
    if (residual != nullptr) part.residual += offset;
    return part;
  }

  /// The result for the sum of a column; `offset` is its place in the destination.
  T operator()(T sum, Index column, Index offset) const {
    if (scale != nullptr) sum = sum * scale[column] + shift[column];
    if (residual != nullptr) sum += residual[offset];
    const T above = sum < lowest ? lowest : sum;
    return above > highest ? highest : above;
  }

  /// Replaces the sums of `count` columns; `offset` is the place of the first in the destination.
  void finish_row(T* sums, Index count, Index offset) const {
    for (Index c = 0; c < count; ++c) sums[c] = (*this)(sums[c], c, offset + c);
  }
};

}  // namespace kernels
}  // namespace pupil
