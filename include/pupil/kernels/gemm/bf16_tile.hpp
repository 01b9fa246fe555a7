#pragma once
// The tile of bf16 that this process uses: that of AMX, or its emulation where PUPIL_ISA asks for that, or AVX-512's.
// It is one type, so that what is around a tile is compiled once.

#include <optional>

#include <pupil/kernels/isa/amx/gemm_tile.hpp>
#include <pupil/kernels/isa/avx512_bf16/gemm_tile.hpp>

namespace pupil::kernels {

/// Only to be used where `tile_unit()` is not none, and at high precision where it is not vectors.
template <Precision Wanted>
struct Bf16Tile : AmxTile<AmxUnit, Wanted> {
  using OnProcessor = AmxTile<AmxUnit, Wanted>;
  using Emulated = AmxTile<EmulatedAmxUnit, Wanted>;

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
  template <Index RowStride, Index DepthStride, Index Rows = AmxTile<AmxUnit, Wanted>::rows>
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
