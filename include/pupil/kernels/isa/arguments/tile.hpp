#pragma once
// What the innermost loop of every product is given: two packed panels, and the tile of the result that they make.
//
// A Tile type says how many rows and columns of the result it keeps in registers, and multiplies a left panel
// (rows x depth) by a right panel (depth x columns, row-major and aligned). The left panel comes in either order, given
// as strides known at compile time: element (r, k) at left[r * RowStride + k * DepthStride].

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

/// What tiles have in common that multiply numbers as they are.
template <class T>
struct PlainPanels {
  using Scalar = T;  ///< of operands and result
  using Packed = T;  ///< of panels
  /// The depth of a block of panels is a multiple of this, but for the last.
  static constexpr Index depth_step = 1;
  /// How many elements of a panel `depth` terms are, for each of its rows or columns.
  static constexpr Index packed_depth(Index depth) { return depth; }
  /// What an operand is packed from: itself, so that packing is compiled for each kind of operand.
  template <class Operand>
  static const Operand& source(const Operand& operand) {
    return operand;
  }
  /// Made before a thread multiplies panels, and destroyed after.
  struct Work {};
};

/// Columns of a right operand that lie in memory row by row, `stride` apart, and the panel that is to hold them.
template <class T>
struct UnpackedPanel {
  const T* source = nullptr;
  Index stride = 0;
  T* panel = nullptr;
};

/// Where a tile starts from and where it goes: row r of each at `+ r * stride`; the start's stride may be 0.
template <class T>
struct TileTarget {
  const T* start;
  Index start_stride;
  T* result;
  Index result_stride;
  const Epilogue<T>* epilogue = nullptr;  ///< of the sums that begin at `result`, where they are complete
};

}  // namespace pupil::kernels
