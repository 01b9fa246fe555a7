#pragma once
// The tile of bf16 that this process uses: the processor's, or its emulation where PUPIL_ISA asks for that. It is one
// type, so that what is around a tile is compiled once.

#include <optional>

#include <pupil/kernels/x86/amx_tile.hpp>

namespace pupil::kernels {

/// Only to be used where `tile_unit()` is not none.
template <Precision Wanted>
struct Bf16Tile : AmxTile<AmxUnit, Wanted> {
  using OnProcessor = AmxTile<AmxUnit, Wanted>;
  using Emulated = AmxTile<EmulatedAmxUnit, Wanted>;

  static bool is_emulated() { return tile_unit() == TileUnit::emulated; }

  class Work {
   public:
    Work() {
      if (!is_emulated()) configuration_.emplace();
    }

   private:
    std::optional<AmxUnit::Configuration> configuration_;
  };

  static PairFunctions pair_functions() {
    return is_emulated() ? Emulated::pair_functions() : OnProcessor::pair_functions();
  }

  /// As PortableTile::multiply.
  template <Index RowStride, Index DepthStride>
  static void multiply(Index depth, const Bf16Pair* left, const Bf16Pair* right, const TileTarget<float>& target) {
    if (is_emulated()) {
      Emulated::template multiply<RowStride, DepthStride>(depth, left, right, target);
    } else {
      OnProcessor::template multiply<RowStride, DepthStride>(depth, left, right, target);
    }
  }
};

}  // namespace pupil::kernels
