#pragma once
// A 32 x 32 tile of fp32 sums of products of bf16, in the registers of a tile unit.
//
// Its panels are made of tiles of 16 x 16 pairs of bf16, a kilobyte each, as the unit loads them. For every 32 terms of
// the sum a left panel has the tile of its first 16 rows and that of the others, a right panel those of its columns;
// where numbers are kept in two parts, then the same for what rounding to bf16 left over.

#include <algorithm>
#include <array>

#include <pupil/kernels/isa/amx/emulation.hpp>
#include <pupil/kernels/isa/amx/unit.hpp>
#include <pupil/kernels/isa/arguments/tile.hpp>

namespace pupil::kernels {

/// What a unit packs with: its round_pairs, round_line, round_two_lines and transpose_pairs.
struct PairFunctions {
  void (*round)(const float*, const float*, bool, Bf16Pair*, Bf16Pair*);
  void (*round_line)(const float*, Index, Bf16Pair*, Bf16Pair*);
  void (*round_two_lines)(const float*, const float*, Index, Bf16Pair*, Bf16Pair*);
  void (*transpose)(Bf16Pair*);
};

/// `Unit` is AmxUnit or EmulatedAmxUnit. A number is kept as so many bf16, one or two, that add up to it.
template <class Unit, Index Parts>
struct AmxTile {
  static_assert(Parts == 1 || Parts == 2);

  using Scalar = float;
  using Packed = Bf16Pair;
  using Work = typename Unit::Configuration;
  static constexpr Index rows = 32;
  static constexpr Index columns = 32;
  /// As avx512::GemmTile's.
  static constexpr std::array<Index, 1> fewer_rows{16};
  static constexpr Index depth_step = 32;

  /// Elements of two tiles, those of 32 rows or columns.
  static constexpr Index two_tiles = 512;
  static constexpr Index parts = Parts;
  /// Elements of a panel for each 32 terms.
  static constexpr Index step_size = parts * two_tiles;

  /// As PlainPanels.
  static constexpr Index packed_depth(Index depth) {
    return (depth + depth_step - 1) / depth_step * (step_size / rows);
  }

  static PairFunctions pair_functions() {
    return {Unit::round_pairs, Unit::round_line, Unit::round_two_lines, Unit::transpose_pairs};
  }

  /// As PortableTile::multiply, the first Rows rows alone; the panels have one order only.
  template <Index RowStride, Index DepthStride, Index Rows = rows>
  static void multiply(Index depth, const Packed* left, const Packed* right, const TileTarget<float>& target) {
    multiply_rows(Rows, depth, left, right, target);
  }

 private:
  static constexpr Index tile_rows = 16;
  static constexpr Index tile_pairs = 16;

  // Of 16 rows, both halves of the unit compute the same.
  [[gnu::target("amx-tile,amx-bf16")]] static void multiply_rows(Index count, Index depth, const Packed* left,
                                                                 const Packed* right, const TileTarget<float>& target) {
    const Index lower_row = count > tile_rows ? tile_rows : 0;
    const Index lower_tile = lower_row * tile_pairs;
    Unit unit{};
    unit.load_sums(target.start, target.start + lower_row * target.start_stride, target.start_stride);
    for (Index k = 0; k < depth; k += depth_step, left += step_size, right += step_size) {
      unit.load_left(left, left + lower_tile, tile_pairs);
      if constexpr (parts == 2) {
        const Packed* const right_rest = right + two_tiles;
        unit.load_right(right_rest, right_rest + two_tiles / 2, tile_pairs);
        unit.multiply_add();
        unit.load_right(right, right + two_tiles / 2, tile_pairs);
        unit.multiply_add();
        const Packed* const left_rest = left + two_tiles;
        unit.load_left(left_rest, left_rest + lower_tile, tile_pairs);
        unit.multiply_add();
      } else {
        unit.load_right(right, right + two_tiles / 2, tile_pairs);
        unit.multiply_add();
      }
    }
    unit.store_sums(target.result, target.result + lower_row * target.result_stride, target.result_stride);
    if (target.epilogue != nullptr) {
      Unit::finish_stored_rows(*target.epilogue, count, target.result, target.result_stride);
    }
  }
};

}  // namespace pupil::kernels
