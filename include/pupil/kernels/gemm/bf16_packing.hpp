#pragma once
// Packing for tiles of bf16. The operand's lines run along the depth of the sum or across it, and fill rows of the
// tiles; where a tile wants them as columns, it is transposed in place afterwards.

#include <algorithm>
#include <array>

#include <pupil/kernels/gemm/any_operand.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/isa/amx/gemm_tile.hpp>

namespace pupil::kernels {

namespace detail {

/// Packs any operand for any unit and precision, so it is compiled once.
class PairPacking {
 public:
  PairPacking(const AnyOperand& lines, PairFunctions functions, Index parts)
      : lines_(lines), functions_(functions), parts_(parts), step_size_(parts * 2 * tile_size) {}

  /// Packs lines that run along the depth: `count` of them, for as many rows or columns of the panels.
  void pack_along(Index first_line, Index count, Index first_depth, Index depth, Bf16Pair* panels) const {
    const Index steps = round_up(depth, step) / step;
    std::array<float, max_depth> numbers{};
    for (Index i = 0; i < round_up(count, panel_lines); ++i) {
      if (i < count) {
        lines_.copy(first_line + i, first_depth, depth, numbers.data());
      } else {
        std::fill_n(numbers.data(), depth, 0.0F);
      }
      for (Index s = 0; s < steps; ++s) {
        pack_row(numbers.data() + s * step, numbers.data() + s * step + step / 2, false,
                 tile(panels, steps, i, s) + i % tile_lines * tile_pairs);
      }
    }
  }

  /// Packs lines that run across the depth: `depth` of them, and `count` numbers of each for as many rows or columns.
  void pack_across(Index first_line, Index depth, Index first, Index count, Bf16Pair* panels) const {
    constexpr Index count_at_once = 9 * panel_lines;
    const Index steps = round_up(depth, step) / step;
    for (; count > 0;
         count -= count_at_once, first += count_at_once, panels += count_at_once / panel_lines * steps * step_size_) {
      const Index now = std::min(count, count_at_once);
      std::array<std::array<float, count_at_once>, 2> lines{};
      for (Index pair = 0; pair < steps * tile_pairs; ++pair) {
        for (Index i = 0; i < 2; ++i) {
          float* const line = lines[static_cast<std::size_t>(i)].data();
          if (2 * pair + i < depth) {
            lines_.copy(first_line + 2 * pair + i, first, now, line);
          } else {
            std::fill_n(line, now, 0.0F);
          }
        }
        for (Index i = 0; i < round_up(now, panel_lines); i += tile_lines) {
          pack_row(lines[0].data() + i, lines[1].data() + i, true,
                   tile(panels, steps, i, pair / tile_pairs) + pair % tile_pairs * tile_lines);
        }
      }
    }
  }

  /// Transposes all tiles of panels of `count` rows or columns.
  void transpose(Index count, Index depth, Bf16Pair* panels) const {
    const Index size = round_up(count, panel_lines) / panel_lines * (round_up(depth, step) / step) * step_size_;
    for (Bf16Pair* tile = panels; tile != panels + size; tile += tile_size) functions_.transpose(tile);
  }

 private:
  static constexpr Index step = 32;
  static constexpr Index panel_lines = 32;
  static constexpr Index tile_lines = 16;
  static constexpr Index tile_pairs = 16;
  static constexpr Index tile_size = tile_lines * tile_pairs;

  /// The tile of row or column i at one step of the depth.
  Bf16Pair* tile(Bf16Pair* panels, Index steps, Index i, Index s) const {
    return panels + (i / panel_lines * steps + s) * step_size_ + i % panel_lines / tile_lines * tile_size;
  }
  void pack_row(const float* first, const float* second, bool interleave, Bf16Pair* row) const {
    functions_.round(first, second, interleave, row, parts_ == 2 ? row + 2 * tile_size : nullptr);
  }

  const AnyOperand& lines_;
  PairFunctions functions_;
  Index parts_;
  Index step_size_;
};

}  // namespace detail

/// The one order of panels of tiles; the strides are not used.
template <class Tile>
struct TilePanels {
  static constexpr Index row_stride = 1;
  static constexpr Index depth_stride = 1;
  static constexpr Index panel_size = Tile::rows * Tile::packed_depth(max_depth);
};

/// Of tiles of bf16 alone: others are packed from operands with their types.
template <class Tile>
struct LeftPanels<Tile, AnyOperand> {
  using Order = TilePanels<Tile>;

  static void pack(const AnyOperand& lines, Index first_row, Index first_depth, Index depth, Bf16Pair* panel) {
    const detail::PairPacking packing(lines, Tile::pair_functions(), Tile::parts);
    const Index count = std::min(Tile::rows, lines.rows - first_row);
    if (lines.are_columns) {
      packing.pack_across(first_depth, depth, first_row, count, panel);
      packing.transpose(count, depth, panel);
    } else {
      packing.pack_along(first_row, count, first_depth, depth, panel);
    }
  }
};

template <class Tile>
struct RightPanels<Tile, AnyOperand> {
  static void pack(const AnyOperand& lines, Index first_column, Index last_column, Index first_depth, Index depth,
                   Bf16Pair* panels) {
    const detail::PairPacking packing(lines, Tile::pair_functions(), Tile::parts);
    const Index count = last_column - first_column;
    if (lines.are_columns) {
      packing.pack_along(first_column, count, first_depth, depth, panels);
      packing.transpose(count, depth, panels);
    } else {
      packing.pack_across(first_depth, depth, first_column, count, panels);
    }
  }
};

}  // namespace pupil::kernels
