#pragma once
// The one door to matrix products: C = A B, with either operand transposed, gathered from an image, or packed
// beforehand.
//
// As in BLIS (Van Zee and van de Geijn, TOMS 2015): blocks of both operands are packed into panels, and a tile of C is
// kept in registers while it runs along a pair of panels. C is cut into tasks that one thread each owns. The terms of
// every element's sum are added in an order that depends on their number alone, so results do not depend on threads or
// on how C was cut.

#include <algorithm>
#include <array>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/best_tile.hpp>
#include <pupil/kernels/gemm_tile.hpp>
#include <pupil/kernels/matrix_operand.hpp>
#include <pupil/kernels/packed_right.hpp>
#include <pupil/kernels/packing.hpp>

namespace pupil::kernels {

namespace detail {

/// Part of C that one task computes.
struct Block {
  Index first_row, last_row, first_column, last_column;
};

/// How many panels a task takes of each operand, so that both packed blocks fit into the second-level cache.
inline constexpr Index left_panels_a_block = 8;
inline constexpr Index right_panels_a_block = 9;

/// Computes one tile of C; where it reaches beyond C, in a buffer of which the part inside is kept.
template <class Tile, class Order, class T>
void multiply_tile(Index depth, const typename Tile::Packed* left, const typename Tile::Packed* right,
                   const Destination<T>& c, bool first_depth_block, const Block& tile) {
  constexpr std::array<T, Tile::columns> zeros{};
  constexpr Index row_stride = Order::row_stride;
  constexpr Index depth_stride = Order::depth_stride;
  T* const result = c.data + tile.first_row * c.stride + tile.first_column;
  TileTarget<T> target{result, c.stride, result, c.stride};
  if (first_depth_block && c.bias != nullptr) {
    target.start = c.bias + tile.first_column;
    target.start_stride = 0;
  } else if (first_depth_block && !c.accumulate) {
    target.start = zeros.data();
    target.start_stride = 0;
  }
  const Index rows = std::min(Tile::rows, tile.last_row - tile.first_row);
  const Index columns = std::min(Tile::columns, tile.last_column - tile.first_column);
  if (rows == Tile::rows && columns == Tile::columns) {
    Tile::template multiply<row_stride, depth_stride>(depth, left, right, target);
    return;
  }
  std::array<T, Tile::rows * Tile::columns> buffer{};
  for (Index r = 0; r < rows; ++r) {
    std::copy_n(target.start + r * target.start_stride, columns, buffer.data() + r * Tile::columns);
  }
  Tile::template multiply<row_stride, depth_stride>(depth, left, right,
                                                    {buffer.data(), Tile::columns, buffer.data(), Tile::columns});
  for (Index r = 0; r < rows; ++r) std::copy_n(buffer.data() + r * Tile::columns, columns, result + r * c.stride);
}

/// How many elements a task packs of the left operand at a time, at most.
template <class Tile, class Order>
Index left_panels_size(Index rows) {
  const Index panels = (rows + Tile::rows - 1) / Tile::rows;
  return std::min(panels, left_panels_a_block) * Order::panel_size;
}

/// Computes a block of C; `right_panels(depth_block)` gives the packed panels of the block's columns, `left_panels` is
/// memory for as many elements as `left_panels_size` says.
template <class Tile, class Order, class T>
void multiply_block(const LeftOperand<typename Tile::Packed>& left, const Destination<T>& c, const Block& block,
                    typename Tile::Packed* left_panels, FunctionRef<const typename Tile::Packed*(Index)> right_panels) {
  [[maybe_unused]] const typename Tile::Work work;
  const DepthBlocks depths(left.columns, Tile::depth_step);
  const Index rows_at_once = left_panels_a_block * Tile::rows;
  for (Index d = 0; d < depths.count; ++d) {
    const Index depth = depths.depth(d);
    const auto* const right = right_panels(d);
    for (Index row = block.first_row; row < block.last_row; row += rows_at_once) {
      const Index last_row = std::min(row + rows_at_once, block.last_row);
      for (Index r = row; r < last_row; r += Tile::rows) {
        left.pack(r, depths.begin(d), depth, left_panels + (r - row) / Tile::rows * Order::panel_size);
      }
      for (Index column = block.first_column; column < block.last_column; column += Tile::columns) {
        for (Index r = row; r < last_row; r += Tile::rows) {
          multiply_tile<Tile, Order>(depth, left_panels + (r - row) / Tile::rows * Order::panel_size,
                                     right + (column - block.first_column) * Tile::packed_depth(depth), c, d == 0,
                                     {r, last_row, column, block.last_column});
        }
      }
    }
  }
}

/// Cuts C into blocks of at most block_rows x block_columns and calls `compute(block)` for each, in parallel.
inline void for_each_block(Index rows, Index columns, Index block_rows, Index block_columns,
                           FunctionRef<void(const Block&)> compute) {
  const Index blocks_down = (rows + block_rows - 1) / block_rows;
  const Index blocks_across = (columns + block_columns - 1) / block_columns;
  parallel_for(blocks_down * blocks_across, [&](Index i) {
    const Index row = i / blocks_across * block_rows;
    const Index column = i % blocks_across * block_columns;
    compute(Block{row, std::min(rows, row + block_rows), column, std::min(columns, column + block_columns)});
  });
}

template <class Tile, class Order, class T>
void multiply_packed(const LeftOperand<typename Tile::Packed>& left, const PackedRight<Tile>& right,
                     const Destination<T>& c) {
  const Index block_rows = left_panels_a_block * Tile::rows;
  const bool enough_rows = left.rows >= 8 * block_rows;
  const Index block_columns = enough_rows ? right.columns() : right_panels_a_block * Tile::columns;
  ThreadScratch<typename Tile::Packed> left_panels(left_panels_size<Tile, Order>(left.rows));
  for_each_block(left.rows, right.columns(), block_rows, std::max<Index>(1, block_columns), [&](const Block& block) {
    multiply_block<Tile, Order, T>(left, c, block, left_panels.mine(),
                                   [&](Index d) { return right.panels(d, block.first_column); });
  });
}

template <class Tile, class Order, class T>
void pack_and_multiply(const LeftOperand<typename Tile::Packed>& left, const RightOperand<typename Tile::Packed>& right,
                       const Destination<T>& c) {
  using Packed = typename Tile::Packed;
  if (left.rows >= 2 * right.columns && left.rows > left_panels_a_block * Tile::rows) {
    multiply_packed<Tile, Order>(left, PackedRight<Tile>(right), c);
    return;
  }
  const Index block_columns = right_panels_a_block * Tile::columns;
  const DepthBlocks depths(left.columns, Tile::depth_step);
  ThreadScratch<typename Tile::Packed> left_panels(left_panels_size<Tile, Order>(left.rows));
  ThreadScratch<Packed> right_panels(std::min(block_columns, round_up(right.columns, Tile::columns)) *
                                     Tile::packed_depth(std::min(max_depth, depths.total)));
  for_each_block(left.rows, right.columns, std::max<Index>(1, left.rows), block_columns, [&](const Block& block) {
    Packed* const panels = right_panels.mine();
    multiply_block<Tile, Order, T>(left, c, block, left_panels.mine(), [&](Index d) {
      right.pack(block.first_column, block.last_column, depths.begin(d), depths.depth(d), panels);
      return static_cast<const Packed*>(panels);
    });
  });
}

}  // namespace detail

/// C = A B with B packed beforehand for the same Tile. A's columns must be B's rows.
template <class Tile, class Left>
void multiply_packed(const Left& left, const PackedRight<Tile>& right, const Destination<typename Tile::Scalar>& c) {
  with_left_operand<Tile>(
      left, [&](const auto& any_left) { detail::multiply_packed<Tile, LeftOrder<Tile, Left>>(any_left, right, c); });
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
inline void gemm_in_bf16(const Lines& a, const Lines& b, const Destination<float>& c) {
  with_bf16_tile([&]<class Tile>(Tile) { kernels::pack_and_multiply<Tile>(a, b, c); });
}

}  // namespace detail
#endif

/// C = A B (or C += A B, or A B + bias: see Destination). A and B are RowMajor, Transposed, or any operand that has
/// `rows`, `columns` and `copy_row`; A's columns must be B's rows.
template <class Left, class Right>
void gemm(const Left& a, const Right& b, const Destination<typename Left::Scalar>& c) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<typename Left::Scalar, float>) {
    if (precision_in_use() != Precision::highest) {
      detail::gemm_in_bf16(Lines(a), Lines(b), c);
      return;
    }
  }
#endif
  with_plain_tile<typename Left::Scalar>([&]<class Tile>(Tile) { pack_and_multiply<Tile>(a, b, c); });
}

}  // namespace pupil::kernels
