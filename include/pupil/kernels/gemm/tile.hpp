#pragma once
// The innermost loop of every product, in portable form: one tile of the result from two packed panels.
//
// A Tile type says how many rows and columns of the result it keeps in registers, and multiplies a left panel
// (rows x depth) by a right panel (depth x columns, row-major and aligned). The left panel comes in either order, given
// as strides known at compile time: element (r, k) at left[r * RowStride + k * DepthStride].

#include <Eigen/Core>
#include <algorithm>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/gemm/epilogue.hpp>

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

/// Where a tile starts from and where it goes: row r of each at `+ r * stride`; the start's stride may be 0.
template <class T>
struct TileTarget {
  const T* start;
  Index start_stride;
  T* result;
  Index result_stride;
  const Epilogue<T>* epilogue = nullptr;  ///< of the sums that begin at `result`, where they are complete
};

/// destination[k * destination_stride + line] = source[line * stride + k] for `count` lines of `length` numbers. Cut so
/// that what is read and what is written of one piece stays in the first-level cache.
template <class T>
void copy_lines_transposed(const T* source, Index stride, Index count, Index length, T* destination,
                           Index destination_stride) {
  constexpr Index length_at_once = 16;
  for (Index first = 0; first < length; first += length_at_once) {
    const Index last = std::min(length, first + length_at_once);
    for (Index line = 0; line < count; ++line) {
      for (Index k = first; k < last; ++k) destination[k * destination_stride + line] = source[line * stride + k];
    }
  }
}

/// Any scalar on any machine: Eigen's fixed-size products, which use whatever the compiler was told the machine has.
template <class T>
struct PortableTile : PlainPanels<T> {
  static constexpr Index rows = 4;
  static constexpr Index columns = 16;

  /// result(r, c) = start(r, c) + sum over k < depth of left(r, k) right(k, c), or what the epilogue makes of that
  template <Index RowStride, Index DepthStride>
  static void multiply(Index depth, const T* left, const T* right, const TileTarget<T>& target) {
    using Row = Eigen::Array<T, 1, static_cast<int>(columns)>;
    Row sums[rows];
    for (Index r = 0; r < rows; ++r) sums[r] = Eigen::Map<const Row>(target.start + r * target.start_stride);
    for (Index k = 0; k < depth; ++k) {
      const Eigen::Map<const Row, Eigen::Aligned64> right_row(right + k * columns);
      for (Index r = 0; r < rows; ++r) sums[r] += left[r * RowStride + k * DepthStride] * right_row;
    }
    if (target.epilogue != nullptr) {
      for (Index r = 0; r < rows; ++r) {
        target.epilogue->finish_row(sums[r].data(), columns, r * target.result_stride);
      }
    }
    for (Index r = 0; r < rows; ++r) Eigen::Map<Row>(target.result + r * target.result_stride) = sums[r];
  }

  /// Fills a panel of a transposed right operand: panel[k * columns + c] = source[c * stride + k].
  static void copy_transposed(const T* source, Index stride, Index depth, T* panel) {
    copy_lines_transposed(source, stride, columns, depth, panel, columns);
  }
};

}  // namespace pupil::kernels
