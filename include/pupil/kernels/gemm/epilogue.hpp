#pragma once
// What is done to the sums of a product or a convolution before they are written for the last time, while they are in
// registers: a folded batch norm, a residual that is added, a rectifier.
//
//   y = min(max(sum * scale + shift + residual, lowest), highest)
//
// A NaN passes through, as through the functions of pointwise/rectifier.hpp.

#include <algorithm>
#include <array>
#include <limits>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/pointwise/rectifier.hpp>

namespace pupil::kernels {

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

/// An epilogue for the buffer of a tile that reaches beyond the destination: it has numbers for all of the tile's
/// columns, and a residual that lies as the buffer does.
template <class T, Index Rows, Index Columns>
class BufferedEpilogue {
 public:
  /// `part` begins where the tile does, `columns` of whose columns are in the destination.
  BufferedEpilogue(const Epilogue<T>& part, Index columns) : part_(part), columns_(columns), buffered_(part) {
    if (part.scale != nullptr) {
      std::copy_n(part.scale, columns, scale_.data());
      std::copy_n(part.shift, columns, shift_.data());
      buffered_.scale = scale_.data();
      buffered_.shift = shift_.data();
    }
    if (part.residual != nullptr) buffered_.residual = residual_.data();
  }
  BufferedEpilogue(const BufferedEpilogue&) = delete;
  BufferedEpilogue& operator=(const BufferedEpilogue&) = delete;

  /// Takes the residual of a row of the tile, which is `offset` numbers from its first in the destination.
  void take_row(Index row, Index offset) {
    if (part_.residual != nullptr) std::copy_n(part_.residual + offset, columns_, residual_.data() + row * Columns);
  }

  const Epilogue<T>& get() const { return buffered_; }

 private:
  const Epilogue<T>& part_;
  Index columns_;
  Epilogue<T> buffered_;
  std::array<T, Columns> scale_{};
  std::array<T, Columns> shift_{};
  std::array<T, Rows * Columns> residual_{};
};

}  // namespace pupil::kernels
