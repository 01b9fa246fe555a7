#pragma once
// Which tile computes a product: that of the widest instruction set, or one of bf16 where less than the highest
// precision is wanted.

#include <type_traits>

#include <pupil/kernels/gemm_tile.hpp>
#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/precision.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/x86/amx_packing.hpp>
#include <pupil/kernels/x86/amx_tile.hpp>
#include <pupil/kernels/x86/gemm_tile_avx2.hpp>
#include <pupil/kernels/x86/gemm_tile_avx512.hpp>
#endif

namespace pupil::kernels {

/// Calls `use(tile)` with the fastest Tile that this machine has for T at the precision that is set.
template <class T, class Use>
decltype(auto) with_best_tile(Use&& use) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<T, float>) {
    const Precision precision = precision_in_use();
    if (precision != Precision::highest) {
      const bool high = precision == Precision::high;
      if (tile_unit() == TileUnit::emulated) {
        return high ? use(AmxTile<EmulatedAmxUnit, Precision::high>{})
                    : use(AmxTile<EmulatedAmxUnit, Precision::medium>{});
      }
      return high ? use(AmxTile<AmxUnit, Precision::high>{}) : use(AmxTile<AmxUnit, Precision::medium>{});
    }
    if (instruction_set() >= InstructionSet::avx512) return use(Avx512Tile{});
    if (instruction_set() >= InstructionSet::avx2) return use(Avx2Tile{});
  }
#endif
  return use(PortableTile<T>{});
}

}  // namespace pupil::kernels
