#pragma once
// Products of matrices in blocks. As in BLIS (Van Zee and van de Geijn, TOMS 2015): blocks of both operands are packed
// into panels, and a tile of C is kept in registers while it runs along a pair of panels. C is cut into blocks that one
// thread each owns. The terms of every element's sum are added in an order that depends on their number alone, so
// results do not depend on threads or on how C was cut.

#include <algorithm>
#include <numeric>

#include <pupil/core/parallel.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/gemm/best_tile.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/multiply_tile.hpp>
#include <pupil/kernels/gemm/packed_right.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/gemm/tile_form.hpp>

namespace pupil::kernels {

namespace detail {

/// How many panels of the left operand are packed at a time, so that they and a right panel stay in the second-level
/// cache.
inline constexpr Index left_panels_a_block = 8;
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
                     const RightBlock<Packed>& right, bool packs_right, const Destination<T>& c,
                     const DepthPlace& place, const Block& block) {
  const Index packed_depth = tile.packed_depth(depth);
  const bool reads_c = !place.is_first || c.accumulate;
  for (Index column = block.first_column; column < block.last_column; column += tile.columns) {
    const Index first = column - block.first_column;
    UnpackedPanel<Packed> unpacked;
    if (packs_right && column + tile.columns <= block.last_column) {
      unpacked = {right.unpacked.source + first, right.unpacked.stride, right.unpacked.panel + first * packed_depth};
    }
    const Packed* left_panel = left_panels;
    for (Index row = block.first_row; row < block.last_row; row += tile.rows, left_panel += tile.left_panel_size) {
      const Index next = row + tile.rows;
      if (reads_c && next < block.last_row) {
        prefetch_tile(tile, c, next, block.last_row, column);
      } else if (reads_c && column + tile.columns < block.last_column) {
        prefetch_tile(tile, c, block.first_row, block.last_row, column + tile.columns);
      }
      multiply_tile(tile, depth, left_panel, right.panels + first * packed_depth, unpacked, c, place,
                    {row, block.last_row, column, block.last_column});
      unpacked = {};
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
      const RightBlock<Packed> right = right_blocks(d, column, last_column);
      for (Index row = block.first_row; row < block.last_row; row += rows_at_once) {
        const Index last_row = std::min(row + rows_at_once, block.last_row);
        left.pack(row, last_row, depths.begin(d), depths.depth(d), left_panels);
        const bool packs_right = right.unpacked.source != nullptr && row == block.first_row;
        multiply_panels(tile, depths.depth(d), left_panels, right, packs_right, c, {d == 0, d + 1 == depths.count},
                        {row, last_row, column, last_column});
      }
    }
  }
}

/// C cut into `down` times `across` blocks of nearly one size, in whole tiles.
struct BlockGrid {
  Index rows, columns;
  Index panels_down, panels_across;
  Index down = 1, across = 1;

  BlockGrid(const TileExtents& tile, Index rows_, Index columns_)
      : rows(rows_),
        columns(columns_),
        panels_down(std::max<Index>(1, (rows_ + tile.rows - 1) / tile.rows)),
        panels_across(std::max<Index>(1, (columns_ + tile.columns - 1) / tile.columns)) {}

  Index count() const { return down * across; }

  /// The most panels of a block.
  Index panels_down_a_block() const { return (panels_down + down - 1) / down; }
  Index panels_across_a_block() const { return (panels_across + across - 1) / across; }

  Block block(const TileExtents& tile, Index i) const {
    const Index y = i / across, x = i % across;
    return {panels_down * y / down * tile.rows, std::min(rows, panels_down * (y + 1) / down * tile.rows),
            panels_across * x / across * tile.columns,
            std::min(columns, panels_across * (x + 1) / across * tile.columns)};
  }
};

/// The blocks of a product whose right operand is packed already: they hold at most as many rows as are packed at a
/// time, and as many columns as leave enough blocks for all threads: the more, the fewer times are the rows packed.
/// There are as many for each thread, so that none waits long for another.
inline BlockGrid grid_of_packed(const TileExtents& tile, Index rows, Index columns) {
  constexpr Index fewest_panels_across = 4;
  BlockGrid grid(tile, rows, columns);
  const Index threads = free_threads();
  const Index fewest_down = (grid.panels_down + left_panels_a_block - 1) / left_panels_a_block;
  const Index wanted_across = threads == 1 ? 1 : 4 * threads / fewest_down;
  grid.across = std::max<Index>(1, std::min(wanted_across, grid.panels_across / fewest_panels_across));
  grid.down = std::min(grid.panels_down, round_up(fewest_down, threads / std::gcd(threads, grid.across)));
  return grid;
}

/// How long a thread takes for its blocks, in multiply-adds of one term. To pack a row or a column takes as long as to
/// multiply it by some.
inline Index cost_of(const BlockGrid& grid, const TileExtents& tile) {
  constexpr Index cost_of_packing = 26;
  const Index rows = grid.panels_down_a_block() * tile.rows, columns = grid.panels_across_a_block() * tile.columns;
  const Index blocks_a_thread = (grid.count() + free_threads() - 1) / free_threads();
  return blocks_a_thread * (rows * columns + cost_of_packing * (rows + columns));
}

/// The cheapest of the grids with about so many blocks.
inline BlockGrid cheapest_grid(const TileExtents& tile, Index rows, Index columns, Index blocks) {
  BlockGrid grid(tile, rows, columns), best = grid;
  for (grid.down = 1; grid.down <= std::min(blocks, grid.panels_down); ++grid.down) {
    grid.across = std::min(blocks / grid.down, grid.panels_across);
    if (cost_of(grid, tile) < cost_of(best, tile)) best = grid;
  }
  return best;
}

/// The blocks of a product whose tasks each pack what they need of both operands: what another core has packed is slow
/// to read. There is one for each thread, or more, by which threads that are slowed down leave some to others, where
/// that hardly means more packing.
inline BlockGrid grid_of_unpacked(const TileExtents& tile, Index rows, Index columns) {
  const Index threads = free_threads();
  const BlockGrid fewest = cheapest_grid(tile, rows, columns, threads);
  if (threads == 1) return fewest;
  for (const Index blocks_a_thread : {4, 2}) {
    const BlockGrid grid = cheapest_grid(tile, rows, columns, blocks_a_thread * threads);
    if (cost_of(grid, tile) <= cost_of(fewest, tile) + cost_of(fewest, tile) / 100) return grid;
  }
  return fewest;
}

template <class T, class Packed>
void multiply_packed(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left, const PackedRight<Packed>& right,
                     const Destination<T>& c) {
  ThreadScratch<Packed> left_panels(left_panels_size(tile, left.rows));
  const BlockGrid grid = grid_of_packed(tile, left.rows, right.columns());
  parallel_for(grid.count(), [&](Index i) {
    tile.prepare_thread([&] {
      multiply_block<T, Packed>(
          tile, left, c, grid.block(tile, i), left_panels.mine(), round_up(right.columns(), tile.columns),
          [&](Index d, Index first, Index) { return RightBlock<Packed>{right.panels(d, first)}; });
    });
  });
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

template <class T, class Packed>
void pack_and_multiply(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left,
                       const RightOperand<Packed>& right, const Destination<T>& c) {
  const DepthBlocks depths(left.columns, tile.depth_step);
  const BlockGrid grid = grid_of_unpacked(tile, left.rows, right.columns);
  const Index panel_size = tile.packed_depth(std::min(max_depth, depths.total)) * tile.columns;
  const Index most_panels = right_bytes_a_block / std::max<Index>(1, panel_size * static_cast<Index>(sizeof(Packed)));
  const Index panels_at_once = std::min(grid.panels_across_a_block(), std::max<Index>(1, most_panels));
  ThreadScratch<Packed> left_panels(left_panels_size(tile, left.rows)), right_panels(panels_at_once * panel_size);
  parallel_for(grid.count(), [&](Index i) {
    const Block block = grid.block(tile, i);
    tile.prepare_thread([&] {
      multiply_block<T, Packed>(tile, left, c, block, left_panels.mine(), panels_at_once * tile.columns,
                                [&](Index d, Index first, Index last) {
                                  return pack_right_block(tile, right, block.last_row - block.first_row,
                                                          depths.begin(d), depths.depth(d), first, last,
                                                          right_panels.mine());
                                });
    });
  });
}

}  // namespace detail

/// C = A B with B packed beforehand for the same Tile. A's columns must be B's rows.
template <class Tile, class Left>
void multiply_packed(const Left& left, const PackedRight<typename Tile::Packed>& right,
                     const Destination<typename Tile::Scalar>& c) {
  detail::multiply_packed(tile_form<Tile, LeftOrder<Tile, Left>>, left_operand<Tile>(left), right, c);
}

/// B packed for this Tile.
template <class Tile, class Right>
PackedRight<typename Tile::Packed> pack_right(const Right& right) {
  return {tile_form<Tile, LeftOrder<Tile, Right>>, right_operand<Tile>(right)};
}

/// C = A B, packing both on the way. A's columns must be B's rows.
template <class Tile, class Left, class Right>
void pack_and_multiply(const Left& left, const Right& right, const Destination<typename Tile::Scalar>& c) {
  detail::pack_and_multiply(tile_form<Tile, LeftOrder<Tile, Left>>, left_operand<Tile>(left),
                            right_operand<Tile>(right), c);
}

#if PUPIL_X86_KERNELS
namespace detail {

/// C = A B at less than the highest precision, compiled once for all operands.
inline void gemm_in_bf16(const AnyOperand& a, const AnyOperand& b, const Destination<float>& c) {
  with_bf16_tile([&]<class Tile>(Tile) { kernels::pack_and_multiply<Tile>(a, b, c); });
}

}  // namespace detail
#endif

}  // namespace pupil::kernels
