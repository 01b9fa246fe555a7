#pragma once
// What computes bf16 for the kernels that read images in place.

#include <optional>

#include <pupil/kernels/isa/amx/gemm_tile.hpp>
#include <pupil/kernels/precision.hpp>

namespace pupil::kernels {

/// What this process uses, or what a test wants.
struct Bf16Unit {
  TileUnit unit = tile_unit();               ///< not none
  Precision precision = precision_in_use();  ///< not the highest

  bool is_vectors() const { return unit == TileUnit::vectors; }
  /// In how many parts a number is kept, which add up to it.
  Index parts() const { return precision == Precision::high ? 2 : 1; }
  PairFunctions functions() const {
    return unit == TileUnit::emulated ? AmxTile<EmulatedAmxUnit, 1>::pair_functions()
                                      : AmxTile<AmxUnit, 1>::pair_functions();
  }

  /// Made before a thread multiplies, with so many rows in tiles, and destroyed after.
  class Work {
   public:
    Work(const Bf16Unit& unit, Index rows) {
      if (unit.unit == TileUnit::hardware) configuration_.emplace(rows);
    }

   private:
    std::optional<AmxUnit::Configuration> configuration_;
  };
};

}  // namespace pupil::kernels
