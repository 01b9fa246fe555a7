#pragma once
// What computes bf16 for kernels that read images in place, and in how many parts these keep a number.

#include <optional>

#include <pupil/kernels/precision.hpp>
#include <pupil/kernels/x86/amx_tile.hpp>

namespace pupil::kernels {

struct Bf16Unit {
  TileUnit unit = tile_unit();               ///< not none
  Precision precision = precision_in_use();  ///< not the highest
  bool is_vectors() const { return unit == TileUnit::vectors; }
  Index parts() const { return precision == Precision::high ? 2 : 1; }
  PairFunctions functions() const {
    return unit == TileUnit::emulated ? AmxTile<EmulatedAmxUnit, Precision::medium>::pair_functions()
                                      : AmxTile<AmxUnit, Precision::medium>::pair_functions();
  }

  /// Made before a thread multiplies, with as many rows of tiles, and destroyed after.
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
