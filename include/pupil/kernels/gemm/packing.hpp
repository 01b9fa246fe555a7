#pragma once
// Packing: copying pieces of a product's operands into panels that a tile reads in order.
//
// A left panel is Tile::rows rows by `depth` columns of the left matrix, kept in the order in which it lies in memory
// (so nothing is transposed); a right panel is `depth` rows by Tile::columns columns of the right matrix, row-major.
// What lies beyond the matrix is filled with zeros. Tiles of another form of number have panels of their own
// (gemm/bf16_packing.hpp).

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/isa/arguments/tile.hpp>
#include <pupil/kernels/isa/portable/transpose.hpp>

namespace pupil::kernels {

/// How many terms of the sum are packed at a time, at most: a left panel stays in the first-level cache, and the result
/// is read and written once for so many terms.
inline constexpr Index max_depth = 512;
/// The distance of rows in a left panel: more than max_depth, and not a power of two, to spread over the cache's sets.
inline constexpr Index left_row_stride = max_depth + 16;

/// Asks for the line of the cache that an address is in; any address will do.
inline void prefetch([[maybe_unused]] const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address);
  __asm__ volatile(
      "");  // or GCC 12 takes functions that do no more for ones without effect, and leaves their calls out
#endif
}

/// The same for a line that will be written.
inline void prefetch_to_write([[maybe_unused]] const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address, 1);
  __asm__ volatile("");
#endif
}

/// Asks for `count` numbers that lie together.
template <class T>
void prefetch_run(const T* first, Index count) {
  constexpr Index line = 64 / sizeof(T);
  for (Index i = 0; i < count; i += line) prefetch(first + i);
}

/// How many rows before its turn a row of a matrix in memory is asked for by what packs pieces of its rows: the
/// processor asks for what follows in a row, and the next piece lies a whole row further on.
inline constexpr Index rows_ahead = 8;

constexpr Index round_up(Index n, Index multiple) { return (n + multiple - 1) / multiple * multiple; }

/// The sum over `total` terms, cut into blocks of nearly the same depth: block b is [begin(b), begin(b + 1)). All but
/// the last begin at a multiple of `step`, which divides max_depth.
struct DepthBlocks {
  DepthBlocks(Index total_, Index step_)
      : total(total_), step(step_), count(std::max<Index>(1, (total_ + max_depth - 1) / max_depth)) {}
  Index begin(Index block) const { return std::min(total, round_up(total, step) / step * block / count * step); }
  Index depth(Index block) const { return begin(block + 1) - begin(block); }

  Index total;
  Index step;
  Index count;
};

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

  /// Packs several panels: their columns lie next to each other, and each column perhaps in a page of its own.
  static void pack_panels(const Transposed<T>& operand, Index first_row, Index last_row, Index first_depth, Index depth,
                          T* panels) {
    const Index count = last_row - first_row;
    const Index whole = count / Tile::rows;
    const T* source = operand.data + first_depth * operand.stride + first_row;
    for (Index k = 0; k < depth; ++k, source += operand.stride, panels += Tile::rows) {
      if (k + rows_ahead < depth) prefetch_run(source + rows_ahead * operand.stride, count);
      for (Index i = 0; i < whole; ++i) {
        std::memcpy(panels + i * Order::panel_size, source + i * Tile::rows, sizeof(T) * Tile::rows);
      }
      if (whole * Tile::rows < count) {
        T* const last = panels + whole * Order::panel_size;
        std::fill(std::copy(source + whole * Tile::rows, source + count, last), last + Tile::rows, T{});
      }
    }
  }
};

/// An operand that can copy `count` elements of a row, from a first column on.
template <class Operand>
concept CopiesRows = requires(const Operand& operand, typename Operand::Scalar* destination) {
  operand.copy_row(Index{}, Index{}, Index{}, destination);
};

/// How a right operand is packed: fills the panels of columns [first_column, last_column) and rows
/// [first_depth, first_depth + depth). This form is for operands that can copy pieces of their rows.
template <class Tile, class Operand>
struct RightPanels {
  static void pack(const Operand& operand, Index first_column, Index last_column, Index first_depth, Index depth,
                   typename Tile::Scalar* panels) {
    static_assert(CopiesRows<Operand>);
    using T = typename Tile::Scalar;
    constexpr Index columns_at_once = 9 * Tile::columns;
    std::array<T, columns_at_once> row;
    for (Index column = first_column; column < last_column; column += columns_at_once) {
      const Index count = std::min(columns_at_once, last_column - column);
      std::fill(row.begin() + count, row.end(), T{});
      for (Index k = 0; k < depth; ++k) {
        operand.copy_row(first_depth + k, column, count, row.data());
        for (Index c = 0; c < count; c += Tile::columns) {
          std::memcpy(panels + c * depth + k * Tile::columns, row.data() + c, sizeof(T) * Tile::columns);
        }
      }
      panels += columns_at_once * depth;
    }
  }
};

/// As above, for a matrix in memory, of which nothing need be copied twice.
template <class Tile, class T>
struct RightPanels<Tile, RowMajor<T>> {
  static void pack(const RowMajor<T>& operand, Index first_column, Index last_column, Index first_depth, Index depth,
                   T* panels) {
    constexpr Index columns_at_once = 9 * Tile::columns;  // few enough panels to write to by turns
    for (Index column = first_column; column < last_column; column += columns_at_once) {
      const Index count = std::min(columns_at_once, last_column - column);
      const Index whole = count / Tile::columns * Tile::columns;
      const T* source = operand.data + first_depth * operand.stride + column;
      T* panel_row = panels;
      for (Index k = 0; k < depth; ++k, source += operand.stride, panel_row += Tile::columns) {
        if (k + rows_ahead < depth) prefetch_run(source + rows_ahead * operand.stride, count);
        for (Index c = 0; c < whole; c += Tile::columns) {
          std::memcpy(panel_row + c * depth, source + c, sizeof(T) * Tile::columns);
        }
        if (whole < count) {
          T* const rest = std::copy(source + whole, source + count, panel_row + whole * depth);
          std::fill(rest, panel_row + whole * depth + Tile::columns, T{});
        }
      }
      panels += columns_at_once * depth;
    }
  }
};

/// As above, for a transposed operand.
template <class Tile, class T>
struct RightPanels<Tile, Transposed<T>> {
  static void pack(const Transposed<T>& operand, Index first_column, Index last_column, Index first_depth, Index depth,
                   T* panels) {
    for (Index c = first_column; c < last_column; c += Tile::columns, panels += Tile::columns * depth) {
      const Index count = std::min(Tile::columns, last_column - c);
      const T* const source = operand.data + c * operand.stride + first_depth;
      if (count == Tile::columns) {
        Tile::copy_transposed(source, operand.stride, depth, panels);
        continue;
      }
      std::fill_n(panels, Tile::columns * depth, T{});
      copy_lines_transposed(source, operand.stride, count, depth, panels, Tile::columns);
    }
  }
};

/// An operand without its type, so that the loops around the tiles are compiled once for all operands: its extents and
/// how it is packed into panels of `Packed`. The operand must outlive it.
template <class Packed>
class PackedOperand {
 public:
  /// Packs what is numbered [first, last) of `operand`, of depth [first_depth, first_depth + depth).
  using Pack = void (*)(const void* operand, Index first, Index last, Index first_depth, Index depth, Packed* panels);

  PackedOperand(Index rows_, Index columns_, const void* operand, Pack function)
      : rows(rows_), columns(columns_), operand_(operand), pack_(function) {}

  void pack(Index first, Index last, Index first_depth, Index depth, Packed* panels) const {
    pack_(operand_, first, last, first_depth, depth, panels);
  }

  Index rows, columns;

 private:
  const void* operand_;
  Pack pack_;
};

/// One whose rows fill left panels, and one whose columns fill right panels.
template <class Packed>
struct LeftOperand : PackedOperand<Packed> {
  using PackedOperand<Packed>::PackedOperand;
};
template <class Packed>
struct RightOperand : PackedOperand<Packed> {
  using PackedOperand<Packed>::PackedOperand;

  /// Its rows, `stride` apart, where they lie in memory as panels want them: then a tile can read them there.
  const Packed* data = nullptr;
  Index stride = 0;
};

/// What a tile packs an operand from.
template <class Tile, class Operand>
using SourceOf = std::remove_cvref_t<decltype(Tile::source(std::declval<const Operand&>()))>;

/// The order of a left operand's panels.
template <class Tile, class Operand>
using LeftOrder = typename LeftPanels<Tile, SourceOf<Tile, Operand>>::Order;

template <class Tile, class Operand>
LeftOperand<typename Tile::Packed> left_operand(const Operand& operand) {
  using Packed = typename Tile::Packed;
  using Panels = LeftPanels<Tile, SourceOf<Tile, Operand>>;
  const auto pack = [](const void* object, Index first_row, Index last_row, Index first_depth, Index depth,
                       Packed* panels) {
    const auto& source = Tile::source(*static_cast<const Operand*>(object));
    if constexpr (requires { &Panels::pack_panels; }) {
      Panels::pack_panels(source, first_row, last_row, first_depth, depth, panels);
    } else {
      for (Index row = first_row; row < last_row; row += Tile::rows, panels += Panels::Order::panel_size) {
        Panels::pack(source, row, first_depth, depth, panels);
      }
    }
  };
  return {operand.rows, operand.columns, &operand, pack};
}

template <class Tile, class Operand>
RightOperand<typename Tile::Packed> right_operand(const Operand& operand) {
  using Packed = typename Tile::Packed;
  const auto pack = [](const void* object, Index first_column, Index last_column, Index first_depth, Index depth,
                       Packed* panels) {
    const auto& source = Tile::source(*static_cast<const Operand*>(object));
    RightPanels<Tile, SourceOf<Tile, Operand>>::pack(source, first_column, last_column, first_depth, depth, panels);
  };
  RightOperand<Packed> result(operand.rows, operand.columns, &operand, pack);
  if constexpr (std::is_same_v<Operand, RowMajor<Packed>>) {
    result.data = operand.data;
    result.stride = operand.stride;
  }
  return result;
}

}  // namespace pupil::kernels
