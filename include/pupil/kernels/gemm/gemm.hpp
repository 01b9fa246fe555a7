#pragma once
// The one door to matrix products: C = A B, with either operand transposed, gathered from an image, or packed
// beforehand.
//
// As in BLIS (Van Zee and van de Geijn, TOMS 2015): blocks of both operands are packed into panels, and a tile of C is
// kept in registers while it runs along a pair of panels. C is cut into tasks that one thread each owns. The terms of
// every element's sum are added in an order that depends on their number alone, so results do not depend on threads or
// on how C was cut.

#include <algorithm>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/gemm/best_tile.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/multiply_tile.hpp>
#include <pupil/kernels/gemm/packed_right.hpp>
#include <pupil/kernels/gemm/packing.hpp>

namespace pupil::kernels {

namespace detail {

/// How many panels are packed at a time of each operand, so that both packed blocks fit into the second-level cache.
inline constexpr Index left_panels_a_block = 8;
inline constexpr Index right_panels_a_block = 9;
/// How many bytes are packed at a time of a right operand for all threads, unless one depth block has more.
inline constexpr Index shared_right_bytes = Index{1} << 23;

/// How many elements a task packs of the left operand at a time, at most.
template <class Tile, class Order>
Index left_panels_size(Index rows) {
  const Index panels = (rows + Tile::rows - 1) / Tile::rows;
  return std::min(panels, left_panels_a_block) * Order::panel_size;
}

/// The depth blocks [first, last) of all.
struct DepthRange {
  Index first, last;
};

/// Computes a block of C, or adds to it what the terms of some depth blocks make. The columns are taken
/// `columns_at_once`, a multiple of the tile's, of which `right_panels(depth_block, first_column, last_column)` gives
/// the packed panels. `left_panels` is memory for as many elements as `left_panels_size` says.
template <class Tile, class Order, class T>
void multiply_block(
    const LeftOperand<typename Tile::Packed>& left, const Destination<T>& c, const Block& block,
    const DepthRange& range, typename Tile::Packed* left_panels, Index columns_at_once,
    FunctionRef<const typename Tile::Packed*(Index depth_block, Index first_column, Index last_column)> right_panels) {
  [[maybe_unused]] const typename Tile::Work work;
  const DepthBlocks depths(left.columns, Tile::depth_step);
  const Index rows_at_once = left_panels_a_block * Tile::rows;
  for (Index row = block.first_row; row < block.last_row; row += rows_at_once) {
    const Index last_row = std::min(row + rows_at_once, block.last_row);
    for (Index d = range.first; d < range.last; ++d) {
      const Index depth = depths.depth(d);
      left.pack(row, last_row, depths.begin(d), depth, left_panels);
      for (Index first = block.first_column; first < block.last_column; first += columns_at_once) {
        const Index last = std::min(first + columns_at_once, block.last_column);
        const auto* const right = right_panels(d, first, last);
        for (Index column = first; column < last; column += Tile::columns) {
          for (Index r = row; r < last_row; r += Tile::rows) {
            const Index next = r + Tile::rows;
            if (d == 0 && !c.accumulate) {
              // The tile is written only, which nobody waits for.
            } else if (next < last_row) {
              prefetch_tile<Tile>(c, next, last_row, column);
            } else if (column + Tile::columns < last) {
              prefetch_tile<Tile>(c, row, last_row, column + Tile::columns);
            }
            multiply_tile<Tile, Order>(depth, left_panels + (r - row) / Tile::rows * Order::panel_size,
                                       right + (column - first) * Tile::packed_depth(depth), c,
                                       {d == 0, d + 1 == depths.count}, {r, last_row, column, last});
          }
        }
      }
    }
  }
}

/// Cuts C into blocks that hold as many rows as are packed at a time, and as many columns as leave enough blocks for
/// all threads: the more, the fewer times are the rows packed. Calls `compute(block)` for each, in parallel.
template <class Tile>
void for_each_block(Index rows, Index columns, FunctionRef<void(const Block&)> compute) {
  const Index block_rows = left_panels_a_block * Tile::rows;
  const Index blocks_down = (rows + block_rows - 1) / block_rows;
  const Index wanted = num_threads() == 1 ? 1 : 4 * num_threads();
  const Index wanted_across = std::max<Index>(1, wanted / std::max<Index>(1, blocks_down));
  const Index block_columns = std::max(right_panels_a_block / 2 * Tile::columns,
                                       round_up((columns + wanted_across - 1) / wanted_across, Tile::columns));
  const Index blocks_across = (columns + block_columns - 1) / block_columns;
  parallel_for(blocks_down * blocks_across, [&](Index i) {
    const Index row = i / blocks_across * block_rows;
    const Index column = i % blocks_across * block_columns;
    compute(Block{row, std::min(rows, row + block_rows), column, std::min(columns, column + block_columns)});
  });
}

/// C, or what some depth blocks add to it, from these blocks of the right operand.
template <class Tile, class Order, class T>
void multiply_packed(const LeftOperand<typename Tile::Packed>& left, const PackedRight<Tile>& right,
                     const DepthRange& range, const Destination<T>& c) {
  ThreadScratch<typename Tile::Packed> left_panels(left_panels_size<Tile, Order>(left.rows));
  for_each_block<Tile>(left.rows, right.columns(), [&](const Block& block) {
    multiply_block<Tile, Order, T>(left, c, block, range, left_panels.mine(), round_up(right.columns(), Tile::columns),
                                   [&](Index d, Index first, Index) { return right.panels(d, first); });
  });
}

template <class Tile, class Order, class T>
void pack_and_multiply(const LeftOperand<typename Tile::Packed>& left, const RightOperand<typename Tile::Packed>& right,
                       const Destination<T>& c) {
  using Packed = typename Tile::Packed;
  const DepthBlocks depths(left.columns, Tile::depth_step);
  const Index block_size =
      Tile::packed_depth(std::min(max_depth, depths.total)) * round_up(right.columns, Tile::columns);
  if (left.rows > left_panels_a_block * Tile::rows) {
    const Index at_once =
        std::max<Index>(1, shared_right_bytes / std::max<Index>(1, block_size * static_cast<Index>(sizeof(Packed))));
    for (Index first = 0; first < depths.count; first += at_once) {
      const DepthRange range{first, std::min(depths.count, first + at_once)};
      multiply_packed<Tile, Order>(left, PackedRight<Tile>(right, range.first, range.last), range, c);
    }
    return;
  }
  // All rows are packed at a time, so every task can pack what it needs of the right operand, and use it at once.
  const Index columns_at_once = right_panels_a_block * Tile::columns;
  ThreadScratch<Packed> left_panels(left_panels_size<Tile, Order>(left.rows));
  ThreadScratch<Packed> right_panels(std::min(columns_at_once, round_up(right.columns, Tile::columns)) *
                                     Tile::packed_depth(std::min(max_depth, depths.total)));
  for_each_block<Tile>(left.rows, right.columns, [&](const Block& block) {
    Packed* const panels = right_panels.mine();
    multiply_block<Tile, Order, T>(left, c, block, {0, depths.count}, left_panels.mine(), columns_at_once,
                                   [&](Index d, Index first, Index last) {
                                     right.pack(first, last, depths.begin(d), depths.depth(d), panels);
                                     return static_cast<const Packed*>(panels);
                                   });
  });
}

}  // namespace detail

/// C = A B with B packed beforehand for the same Tile. A's columns must be B's rows.
template <class Tile, class Left>
void multiply_packed(const Left& left, const PackedRight<Tile>& right, const Destination<typename Tile::Scalar>& c) {
  with_left_operand<Tile>(left, [&](const auto& any_left) {
    detail::multiply_packed<Tile, LeftOrder<Tile, Left>>(any_left, right,
                                                         {0, DepthBlocks(right.rows(), Tile::depth_step).count}, c);
  });
}

/// C = A B, packing both on the way. A's columns must be B's rows.
template <class Tile, class Left, class Right>
void pack_and_multiply(const Left& left, const Right& right, const Destination<typename Tile::Scalar>& c) {
  with_left_operand<Tile>(left, [&](const auto& any_left) {
    with_right_operand<Tile>(right, [&](const auto& any_right) {
      detail::pack_and_multiply<Tile, LeftOrder<Tile, Left>>(any_left, any_right, c);
    });
  });
}

#if PUPIL_X86_KERNELS
namespace detail {

/// C = A B at less than the highest precision, compiled once for all operands.
inline void gemm_in_bf16(const AnyOperand& a, const AnyOperand& b, const Destination<float>& c) {
  with_bf16_tile([&]<class Tile>(Tile) { kernels::pack_and_multiply<Tile>(a, b, c); });
}

}  // namespace detail
#endif

/// C = A B (or C += A B, or A B + bias, and an epilogue: see Destination). A and B are RowMajor, Transposed, or any
/// operand that has `rows`, `columns` and `copy_row`; A's columns must be B's rows.
template <class Left, class Right>
void gemm(const Left& a, const Right& b, const Destination<typename Left::Scalar>& c) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<typename Left::Scalar, float>) {
    if (precision_in_use() != Precision::highest) {
      detail::gemm_in_bf16(AnyOperand(a), AnyOperand(b), c);
      return;
    }
  }
#endif
  with_backend<typename Left::Scalar>(
      [&]<class Backend>(Backend) { pack_and_multiply<typename Backend::Tile>(a, b, c); });
}

}  // namespace pupil::kernels
