#pragma once
// Products of matrices in blocks. As in BLIS (Van Zee and van de Geijn, TOMS 2015): blocks of both operands are packed
// into panels, and a tile of C is kept in registers while it runs along a pair of panels. C is cut into blocks that one
// thread each owns. The terms of every element's sum are added in an order that depends on their number alone, so
// results do not depend on threads or on how C was cut.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/gemm/best_tile.hpp>
#include <pupil/kernels/gemm/block_grid.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/packed_right.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/gemm/tile_form.hpp>
#include <pupil/kernels/gemm/tile_target.hpp>

namespace pupil::kernels {

namespace detail {

/// How many bytes a task packs at a time of the right operand, at most, unless one panel has more.
inline constexpr Index right_bytes_a_block = Index{1} << 21;

/// How many elements a task packs of the left operand at a time, at most.
inline Index left_panels_size(const TileExtents& tile, Index rows) {
  return std::min((rows + tile.rows - 1) / tile.rows, left_panels_a_block) * tile.left_panel_size;
}

/// Some columns of one depth block of the right operand, as panels.
template <class Packed>
struct RightBlock {
  const Packed* panels;
  /// Where it has a source, whole panels are not packed yet: the first tile of each does that. Its first panel is
  /// `panels`.
  UnpackedPanel<Packed> unpacked = {};
};

/// Gives the panels of columns [first_column, last_column).
template <class Packed>
using RightBlocks = FunctionRef<RightBlock<Packed>(Index depth_block, Index first_column, Index last_column)>;

/// Adds to the tiles of a block of C, or starts them with, what one depth block makes: rows [first_row, last_row), of
/// which the left panels are packed, and the columns of the right panels.
template <class T, class Packed>
void multiply_panels(const TileForm<T, Packed>& tile, Index depth, const Packed* left_panels,
                     const RightBlock<Packed>& right, const Destination<T>& c, const DepthPlace& place,
                     const Block& block) {
  const Index packed_depth = tile.packed_depth(depth);
  const bool reads_c = !place.is_first || c.accumulate;  // what is written only, nobody waits for
  for (Index column = block.first_column; column < block.last_column; column += tile.columns) {
    const Index first = column - block.first_column;
    const Packed* const right_panel = right.panels + first * packed_depth;
    UnpackedPanel<Packed> unpacked;
    if (right.unpacked.source != nullptr && column + tile.columns <= block.last_column) {
      unpacked = {right.unpacked.source + first, right.unpacked.stride, right.unpacked.panel + first * packed_depth};
    }
    const Index columns = std::min(tile.columns, block.last_column - column);
    const Packed* left_panel = left_panels;
    for (Index row = block.first_row; row < block.last_row; row += tile.rows, left_panel += tile.left_panel_size) {
      if (reads_c) prefetch_next_tile(tile, c, block, row, column);
      const Index rows = std::min(tile.rows, block.last_row - row);
      Epilogue<T> epilogue;
      const TileTarget<T> target = tile_target(c, place, row, column, epilogue);
      const auto& of_rows = tile.of_at_least(rows);
      if (unpacked.source != nullptr) {
        tile.multiply_and_pack(depth, left_panel, unpacked, target);
        unpacked = {};
      } else if (rows == of_rows.rows && columns == tile.columns) {
        of_rows.multiply(depth, left_panel, right_panel, target);
      } else {
        multiply_edge(tile, depth, left_panel, right_panel, rows, columns, target);
      }
    }
  }
}

/// Computes a block of C. The columns are taken `columns_at_once`, a multiple of the tile's. `left_panels` is memory
/// for as many elements as `left_panels_size` says.
template <class T, class Packed>
void multiply_block(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left, const Destination<T>& c,
                    const Block& block, Packed* left_panels, Index columns_at_once, RightBlocks<Packed> right_blocks) {
  const DepthBlocks depths(left.columns, tile.depth_step);
  const Index rows_at_once = left_panels_a_block * tile.rows;
  for (Index column = block.first_column; column < block.last_column; column += columns_at_once) {
    const Index last_column = std::min(column + columns_at_once, block.last_column);
    for (Index d = 0; d < depths.count; ++d) {
      RightBlock<Packed> right = right_blocks(d, column, last_column);
      for (Index row = block.first_row; row < block.last_row; row += rows_at_once) {
        const Index last_row = std::min(row + rows_at_once, block.last_row);
        left.pack(row, last_row, depths.begin(d), depths.depth(d), left_panels);
        multiply_panels(tile, depths.depth(d), left_panels, right, c, {d == 0, d + 1 == depths.count},
                        {row, last_row, column, last_column});
        right.unpacked = {};  // the first rows have packed it
      }
    }
  }
}

/// Packs columns [first, last) of one depth block into `panels`, or, where the block of C has a whole tile to do it,
/// leaves that of whole panels to tiles.
template <class T, class Packed>
RightBlock<Packed> pack_right_block(const TileForm<T, Packed>& tile, const RightOperand<Packed>& right, Index rows_of_c,
                                    Index first_depth, Index depth, Index first, Index last, Packed* panels) {
  if (right.data == nullptr || tile.multiply_and_pack == nullptr || rows_of_c < tile.rows) {
    right.pack(first, last, first_depth, depth, panels);
    return {panels};
  }
  const Index whole = (last - first) / tile.columns * tile.columns;
  right.pack(first + whole, last, first_depth, depth, panels + whole * tile.packed_depth(depth));
  return {panels, {right.data + first_depth * right.stride + first, right.stride, panels}};
}

}  // namespace detail

/// C = A B, packing both on the way. A's columns must be B's rows.
template <class T, class Packed>
void pack_and_multiply(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left,
                       const RightOperand<Packed>& right, const Destination<T>& c) {
  const DepthBlocks depths(left.columns, tile.depth_step);
  const detail::BlockGrid grid = detail::grid_of_unpacked(tile, left.rows, right.columns);
  const Index panel_size = tile.packed_depth(std::min(max_depth, depths.total)) * tile.columns;
  const Index most_panels =
      detail::right_bytes_a_block / std::max<Index>(1, panel_size * static_cast<Index>(sizeof(Packed)));
  const Index panels_at_once = std::min(grid.panels_across_a_block(), std::max<Index>(1, most_panels));
  ThreadScratch<Packed> left_panels(detail::left_panels_size(tile, left.rows)),
      right_panels(panels_at_once * panel_size);
  parallel_for(grid.count(), [&](Index i) {
    const detail::Block block = grid.block(tile, i);
    tile.prepare_thread([&] {
      detail::multiply_block<T, Packed>(tile, left, c, block, left_panels.mine(), panels_at_once * tile.columns,
                                        [&](Index d, Index first, Index last) {
                                          return detail::pack_right_block(tile, right, block.last_row - block.first_row,
                                                                          depths.begin(d), depths.depth(d), first, last,
                                                                          right_panels.mine());
                                        });
    });
  });
}

/// C = A B with B packed beforehand for the same tile. A's columns must be B's rows.
template <class T, class Packed>
void multiply_packed(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left, const PackedRight<Packed>& right,
                     const Destination<T>& c) {
  ThreadScratch<Packed> left_panels(detail::left_panels_size(tile, left.rows));
  const detail::BlockGrid grid = detail::grid_of_packed(tile, left.rows, right.columns());
  parallel_for(grid.count(), [&](Index i) {
    tile.prepare_thread([&] {
      detail::multiply_block<T, Packed>(
          tile, left, c, grid.block(tile, i), left_panels.mine(), round_up(right.columns(), tile.columns),
          [&](Index d, Index first, Index) { return detail::RightBlock<Packed>{right.panels(d, first)}; });
    });
  });
}

#if PUPIL_X86_KERNELS
namespace detail {

/// C = A B at less than the highest precision, compiled once for all operands.
inline void gemm_in_bf16(const AnyOperand& a, const AnyOperand& b, const Destination<float>& c) {
  with_bf16_tile([&]<class Tile>(Tile) {
    pack_and_multiply(tile_form<Tile, LeftOrder<Tile, AnyOperand>>, left_operand<Tile>(a), right_operand<Tile>(b), c);
  });
}

}  // namespace detail
#endif

}  // namespace pupil::kernels
