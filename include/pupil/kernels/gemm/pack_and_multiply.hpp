#pragma once
// Products of matrices in blocks. As in BLIS (Van Zee and van de Geijn, TOMS 2015): blocks of both operands are packed
// into panels, and a tile of C is kept in registers while it runs along a pair of panels. C is cut into tasks that one
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

/// How many panels are packed at a time of each operand, so that both packed blocks fit into the second-level cache.
inline constexpr Index left_panels_a_block = 8;
inline constexpr Index right_panels_a_block = 9;
/// How many bytes are packed at a time of a right operand for all threads, unless one depth block has more.
inline constexpr Index shared_right_bytes = Index{1} << 23;

/// How many elements a task packs of the left operand at a time, at most.
inline Index left_panels_size(const TileExtents& tile, Index rows) {
  return std::min((rows + tile.rows - 1) / tile.rows, left_panels_a_block) * tile.left_panel_size;
}

/// The depth blocks [first, last) of all.
struct DepthRange {
  Index first, last;
};

/// Gives the packed panels of a right operand.
template <class Packed>
using RightPanelsOf = FunctionRef<const Packed*(Index depth_block, Index first_column, Index last_column)>;

/// Computes a block of C, or adds to it what the terms of some depth blocks make. The columns are taken
/// `columns_at_once`, a multiple of the tile's. `left_panels` is memory for as many elements as `left_panels_size`
/// says.
template <class T, class Packed>
void multiply_block(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left, const Destination<T>& c,
                    const Block& block, const DepthRange& range, Packed* left_panels, Index columns_at_once,
                    RightPanelsOf<Packed> right_panels) {
  const DepthBlocks depths(left.columns, tile.depth_step);
  const Index rows_at_once = left_panels_a_block * tile.rows;
  for (Index row = block.first_row; row < block.last_row; row += rows_at_once) {
    const Index last_row = std::min(row + rows_at_once, block.last_row);
    for (Index d = range.first; d < range.last; ++d) {
      const Index depth = depths.depth(d);
      const Index packed_depth = tile.packed_depth(depth);
      left.pack(row, last_row, depths.begin(d), depth, left_panels);
      for (Index first = block.first_column; first < block.last_column; first += columns_at_once) {
        const Index last = std::min(first + columns_at_once, block.last_column);
        const Packed* const right = right_panels(d, first, last);
        for (Index column = first; column < last; column += tile.columns) {
          const Packed* left_panel = left_panels;
          for (Index r = row; r < last_row; r += tile.rows, left_panel += tile.left_panel_size) {
            const Index next = r + tile.rows;
            if (d == 0 && !c.accumulate) {
              // The tile is written only, which nobody waits for.
            } else if (next < last_row) {
              prefetch_tile(tile, c, next, last_row, column);
            } else if (column + tile.columns < last) {
              prefetch_tile(tile, c, row, last_row, column + tile.columns);
            }
            multiply_tile(tile, depth, left_panel, right + (column - first) * packed_depth, c,
                          {d == 0, d + 1 == depths.count}, {r, last_row, column, last});
          }
        }
      }
    }
  }
}

/// Cuts C into blocks that hold at most as many rows as are packed at a time, and as many columns as leave enough
/// blocks for all threads: the more, the fewer times are the rows packed. Blocks are nearly of one size, and as many
/// for each thread, so that none waits long for another. Calls `compute(block)` for each, in parallel.
inline void for_each_block(const TileExtents& tile, Index rows, Index columns,
                           FunctionRef<void(const Block&)> compute) {
  const Index threads = num_threads();
  const Index panels_down = (rows + tile.rows - 1) / tile.rows;
  const Index panels_across = (columns + tile.columns - 1) / tile.columns;
  const Index fewest_down = (panels_down + left_panels_a_block - 1) / left_panels_a_block;
  const Index wanted_across = threads == 1 ? 1 : 4 * threads / std::max<Index>(1, fewest_down);
  const Index most_across = panels_across / (right_panels_a_block / 2);
  const Index across = std::max<Index>(1, std::min(wanted_across, most_across));
  const Index down = std::min(panels_down, round_up(fewest_down, threads / std::gcd(threads, across)));
  parallel_for(down * across, [&](Index i) {
    const Index y = i / across, x = i % across;
    compute(Block{panels_down * y / down * tile.rows, std::min(rows, panels_down * (y + 1) / down * tile.rows),
                  panels_across * x / across * tile.columns,
                  std::min(columns, panels_across * (x + 1) / across * tile.columns)});
  });
}

/// C, or what some depth blocks add to it, from these blocks of the right operand.
template <class T, class Packed>
void multiply_packed(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left, const PackedRight<Packed>& right,
                     const DepthRange& range, const Destination<T>& c) {
  ThreadScratch<Packed> left_panels(left_panels_size(tile, left.rows));
  for_each_block(tile, left.rows, right.columns(), [&](const Block& block) {
    tile.prepare_thread([&] {
      multiply_block<T, Packed>(tile, left, c, block, range, left_panels.mine(),
                                round_up(right.columns(), tile.columns),
                                [&](Index d, Index first, Index) { return right.panels(d, first); });
    });
  });
}

template <class T, class Packed>
void pack_and_multiply(const TileForm<T, Packed>& tile, const LeftOperand<Packed>& left,
                       const RightOperand<Packed>& right, const Destination<T>& c) {
  const DepthBlocks depths(left.columns, tile.depth_step);
  const Index block_size = tile.packed_depth(std::min(max_depth, depths.total)) * round_up(right.columns, tile.columns);
  if (left.rows > left_panels_a_block * tile.rows) {
    const Index at_once =
        std::max<Index>(1, shared_right_bytes / std::max<Index>(1, block_size * static_cast<Index>(sizeof(Packed))));
    for (Index first = 0; first < depths.count; first += at_once) {
      const DepthRange range{first, std::min(depths.count, first + at_once)};
      multiply_packed(tile, left, PackedRight<Packed>(tile, right, range.first, range.last), range, c);
    }
    return;
  }
  // All rows are packed at a time, so every task can pack what it needs of the right operand, and use it at once.
  const Index columns_at_once = right_panels_a_block * tile.columns;
  ThreadScratch<Packed> left_panels(left_panels_size(tile, left.rows));
  ThreadScratch<Packed> right_panels(std::min(columns_at_once, round_up(right.columns, tile.columns)) *
                                     tile.packed_depth(std::min(max_depth, depths.total)));
  for_each_block(tile, left.rows, right.columns, [&](const Block& block) {
    Packed* const panels = right_panels.mine();
    tile.prepare_thread([&] {
      multiply_block<T, Packed>(tile, left, c, block, {0, depths.count}, left_panels.mine(), columns_at_once,
                                [&](Index d, Index first, Index last) {
                                  right.pack(first, last, depths.begin(d), depths.depth(d), panels);
                                  return static_cast<const Packed*>(panels);
                                });
    });
  });
}

}  // namespace detail

/// C = A B with B packed beforehand for the same Tile. A's columns must be B's rows.
template <class Tile, class Left>
void multiply_packed(const Left& left, const PackedRight<typename Tile::Packed>& right,
                     const Destination<typename Tile::Scalar>& c) {
  detail::multiply_packed(tile_form<Tile, LeftOrder<Tile, Left>>, left_operand<Tile>(left), right,
                          {0, DepthBlocks(right.rows(), Tile::depth_step).count}, c);
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
