#pragma once
// The epilogue of a tile that is computed in a buffer, because it reaches beyond the destination.

#include <algorithm>
#include <array>

#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

/// It has numbers for all of the tile's columns, and a residual that lies as the buffer does.
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
