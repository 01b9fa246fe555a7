#pragma once
// How the result of a product is cut into blocks, which threads compute one after another.

#include <algorithm>
#include <numeric>

#include <pupil/core/parallel.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/gemm/tile_form.hpp>

namespace pupil::kernels::detail {

/// How many panels of the left operand are packed at a time, so that they and a right panel stay in the second-level
/// cache.
inline constexpr Index left_panels_a_block = 8;

/// Part of C that one task computes.
struct Block {
  Index first_row, last_row, first_column, last_column;
};

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
  const Index least = cost_of(fewest, tile);
  for (const Index blocks_a_thread : {4, 2}) {
    const BlockGrid grid = cheapest_grid(tile, rows, columns, blocks_a_thread * threads);
    if (cost_of(grid, tile) <= least + least / 100) return grid;
  }
  return fewest;
}

}  // namespace pupil::kernels::detail
