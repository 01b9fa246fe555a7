#pragma once
// Packing: copying pieces of a product's operands into panels that a tile reads in order.
//
// A left panel is Tile::rows rows by `depth` columns of the left matrix, kept in the order in which it lies in memory
// (so nothing is transposed); a right panel is `depth` rows by Tile::columns columns of the right matrix, row-major.
// What lies beyond the matrix is filled with zeros.

#include <algorithm>
#include <array>

#include <pupil/core/function_ref.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/kernels/matrix_operand.hpp>

namespace pupil::kernels {

/// How many terms of the sum are packed at a time, at most: a left panel stays in the first-level cache.
inline constexpr Index max_depth = 256;
/// The distance of rows in a left panel: more than max_depth, and not a power of two, to spread over the cache's sets.
inline constexpr Index left_row_stride = max_depth + 16;

/// The sum over `total` terms, cut into blocks of nearly the same depth: block b is [begin(b), begin(b + 1)).
struct DepthBlocks {
  explicit DepthBlocks(Index total_) : total(total_), count(std::max<Index>(1, (total_ + max_depth - 1) / max_depth)) {}
  Index begin(Index block) const { return total * block / count; }
  Index depth(Index block) const { return begin(block + 1) - begin(block); }

  Index total;
  Index count;
};

constexpr Index round_up(Index n, Index multiple) { return (n + multiple - 1) / multiple * multiple; }

/// Left panels of which a row lies together.
template <class Tile>
struct RowMajorPanels {
  static constexpr Index row_stride = left_row_stride;
  static constexpr Index depth_stride = 1;
  static constexpr Index panel_size = Tile::rows * left_row_stride;
};

/// Left panels of which a column lies together.
template <class Tile>
struct DepthMajorPanels {
  static constexpr Index row_stride = 1;
  static constexpr Index depth_stride = Tile::rows;
  static constexpr Index panel_size = Tile::rows * max_depth;
};

/// How a left operand is packed: the order of its panels, and how one is filled. This form is for operands that can
/// copy pieces of their rows.
template <class Tile, class Operand>
struct LeftPanels {
  using Order = RowMajorPanels<Tile>;

  static void pack(const Operand& operand, Index first_row, Index first_depth, Index depth,
                   typename Tile::Scalar* panel) {
    const Index count = std::min(Tile::rows, operand.rows - first_row);
    for (Index r = 0; r < count; ++r) {
      operand.copy_row(first_row + r, first_depth, depth, panel + r * left_row_stride);
    }
    for (Index r = count; r < Tile::rows; ++r) std::fill_n(panel + r * left_row_stride, depth, 0);
  }
};

/// A transposed operand has its columns in a row: its panels are depth-major.
template <class Tile, class T>
struct LeftPanels<Tile, Transposed<T>> {
  using Order = DepthMajorPanels<Tile>;

  static void pack(const Transposed<T>& operand, Index first_row, Index first_depth, Index depth, T* panel) {
    const Index count = std::min(Tile::rows, operand.rows - first_row);
    const T* source = operand.data + first_depth * operand.stride + first_row;
    for (Index k = 0; k < depth; ++k, source += operand.stride, panel += Tile::rows) {
      if (count == Tile::rows) {
        std::copy_n(source, Tile::rows, panel);
      } else {
        std::fill(std::copy_n(source, count, panel), panel + Tile::rows, T{});
      }
    }
  }
};

/// An operand that can copy `count` elements of a row, from a first column on.
template <class Operand>
concept CopiesRows = requires(const Operand& operand, typename Operand::Scalar* destination) {
  operand.copy_row(Index{}, Index{}, Index{}, destination);
};

/// Fills the panels of columns [first_column, last_column) and rows [first_depth, first_depth + depth).
template <class Tile, CopiesRows Operand>
void pack_right(const Operand& operand, Index first_column, Index last_column, Index first_depth, Index depth,
                typename Tile::Scalar* panels) {
  using T = typename Tile::Scalar;
  constexpr Index columns_at_once = 9 * Tile::columns;
  std::array<T, columns_at_once> row;
  for (Index column = first_column; column < last_column; column += columns_at_once) {
    const Index count = std::min(columns_at_once, last_column - column);
    std::fill(row.begin() + count, row.end(), T{});
    for (Index k = 0; k < depth; ++k) {
      operand.copy_row(first_depth + k, column, count, row.data());
      for (Index c = 0; c < count; c += Tile::columns) {
        std::copy_n(row.data() + c, Tile::columns, panels + c * depth + k * Tile::columns);
      }
    }
    panels += columns_at_once * depth;
  }
}

/// As above, for a transposed operand.
template <class Tile, class T>
void pack_right(const Transposed<T>& operand, Index first_column, Index last_column, Index first_depth, Index depth,
                T* panels) {
  for (Index c = first_column; c < last_column; c += Tile::columns, panels += Tile::columns * depth) {
    const Index count = std::min(Tile::columns, last_column - c);
    for (Index j = 0; j < Tile::columns; ++j) {
      const T* const source = operand.data + (c + j) * operand.stride + first_depth;
      for (Index k = 0; k < depth; ++k) panels[k * Tile::columns + j] = j < count ? source[k] : T{};
    }
  }
}

/// An operand without its type, so that the loops around the tiles are compiled once for all operands: its extents and
/// how it is packed. `pack` is LeftPanels::pack, or pack_right, with the operand bound to it.
template <class T>
struct LeftOperand {
  Index rows, columns;
  FunctionRef<void(Index first_row, Index first_depth, Index depth, T* panel)> pack;
};
template <class T>
struct RightOperand {
  Index rows, columns;
  FunctionRef<void(Index first_column, Index last_column, Index first_depth, Index depth, T* panels)> pack;
};

/// Calls `use` with what LeftOperand has of an operand.
template <class Tile, class Operand, class Use>
void with_left_operand(const Operand& operand, const Use& use) {
  using T = typename Tile::Scalar;
  const auto pack = [&](Index first_row, Index first_depth, Index depth, T* panel) {
    LeftPanels<Tile, Operand>::pack(operand, first_row, first_depth, depth, panel);
  };
  use(LeftOperand<T>{operand.rows, operand.columns, pack});
}

/// Calls `use` with what RightOperand has of an operand.
template <class Tile, class Operand, class Use>
void with_right_operand(const Operand& operand, const Use& use) {
  using T = typename Tile::Scalar;
  const auto pack = [&](Index first_column, Index last_column, Index first_depth, Index depth, T* panels) {
    pack_right<Tile>(operand, first_column, last_column, first_depth, depth, panels);
  };
  use(RightOperand<T>{operand.rows, operand.columns, pack});
}

/// A right operand packed once, for many products: all panels of the first depth block, then of the next.
template <class Tile>
class PackedRight {
 public:
  using Scalar = typename Tile::Scalar;

  PackedRight() = default;

  template <class Operand>
  explicit PackedRight(const Operand& operand) {
    with_right_operand<Tile>(operand,
                             [this](const RightOperand<Scalar>& any_operand) { *this = PackedRight(any_operand); });
  }

  explicit PackedRight(const RightOperand<Scalar>& operand)
      : rows_(operand.rows), columns_(operand.columns), panels_(rows_ * round_up(columns_, Tile::columns)) {
    constexpr Index panels_a_task = 4;
    const Index width = panels_a_task * Tile::columns;
    const DepthBlocks blocks(rows_);
    const Index tasks_a_block = (columns_ + width - 1) / width;
    parallel_for(blocks.count * tasks_a_block, [&](Index task) {
      const Index block = task / tasks_a_block;
      const Index first = task % tasks_a_block * width;
      operand.pack(first, std::min(columns_, first + width), blocks.begin(block), blocks.depth(block),
                   panels_.data() + offset(block, first));
    });
  }

  Index rows() const { return rows_; }
  Index columns() const { return columns_; }

  /// The panels of a depth block from column `first` on, which is a multiple of the tile's columns.
  const Scalar* panels(Index block, Index first) const { return panels_.data() + offset(block, first); }

 private:
  Index offset(Index block, Index first) const {
    const DepthBlocks blocks(rows_);
    return blocks.begin(block) * round_up(columns_, Tile::columns) + first * blocks.depth(block);
  }

  Index rows_ = 0;
  Index columns_ = 0;
  Storage<Scalar> panels_;
};

}  // namespace pupil::kernels
