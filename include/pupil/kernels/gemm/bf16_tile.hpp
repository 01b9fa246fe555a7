#pragma once
// The tile of bf16 that this process uses: that of AMX, or its emulation where PUPIL_ISA asks for that, or AVX-512's.
// It is one type, so that what is around a tile is compiled once.

#include <optional>

#include <pupil/kernels/gemm/any_operand.hpp>
#include <pupil/kernels/isa/amx/gemm_tile.hpp>
#include <pupil/kernels/isa/avx512_bf16/gemm_tile.hpp>
#include <pupil/kernels/precision.hpp>

namespace pupil::kernels {

/// A tile with what an operand is packed from for it: the operand's lines, so that packing is compiled once.
template <class Tile>
struct PackedFromLines : Tile {
  template <class Operand>
  static AnyOperand source(const Operand& operand) {
    return AnyOperand(operand);
  }
};

/// A unit's tile at high or medium precision.
template <class Unit, Precision Wanted>
using Bf16TileOf = PackedFromLines<AmxTile<Unit, Wanted == Precision::high ? 2 : 1>>;

/// Only to be used where `tile_unit()` is not none, and at high precision where it is not vectors.
template <Precision Wanted>
struct Bf16Tile : Bf16TileOf<AmxUnit, Wanted> {
  using OnProcessor = Bf16TileOf<AmxUnit, Wanted>;
  using Emulated = Bf16TileOf<EmulatedAmxUnit, Wanted>;

  static bool is_emulated() { return tile_unit() == TileUnit::emulated; }

  class Work {
   public:
    Work() {
      if (tile_unit() == TileUnit::hardware) configuration_.emplace();
    }

   private:
    std::optional<AmxUnit::Configuration> configuration_;
  };

  static PairFunctions pair_functions() {
    return is_emulated() ? Emulated::pair_functions() : OnProcessor::pair_functions();
  }

  /// As AmxTile::multiply.
  template <Index RowStride, Index DepthStride, Index Rows = OnProcessor::rows>
  static void multiply(Index depth, const Bf16Pair* left, const Bf16Pair* right, const TileTarget<float>& target) {
    if (tile_unit() == TileUnit::vectors) {
      Avx512Bf16Tile::template multiply<RowStride, DepthStride, Rows>(depth, left, right, target);
    } else if (is_emulated()) {
      Emulated::template multiply<RowStride, DepthStride, Rows>(depth, left, right, target);
    } else {
      OnProcessor::template multiply<RowStride, DepthStride, Rows>(depth, left, right, target);
    }
  }
};

}  // namespace pupil::kernels
