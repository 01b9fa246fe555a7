#pragma once
// Which tile computes a product: that of the widest instruction set, or one of bf16 where less than the highest
// precision is wanted.

#include <type_traits>

#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/isa/backend.hpp>
#include <pupil/kernels/precision.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/gemm/bf16_packing.hpp>
#include <pupil/kernels/gemm/bf16_tile.hpp>
#endif

namespace pupil::kernels {

#if PUPIL_X86_KERNELS
/// Calls `use(tile)` with the Tile for the precision in use, which is not the highest.
template <class Use>
decltype(auto) with_bf16_tile(const Use& use) {
  return precision_in_use() == Precision::high ? use(Bf16Tile<Precision::high>{}) : use(Bf16Tile<Precision::medium>{});
}
#endif

/// Calls `use(tile)` with the fastest Tile that this machine has for T at the precision in use.
template <class T, class Use>
decltype(auto) with_best_tile(const Use& use) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<T, float>) {
    if (precision_in_use() != Precision::highest) return with_bf16_tile(use);
  }
#endif
  return with_backend<T>([&]<class Backend>(Backend) -> decltype(auto) { return use(typename Backend::Tile{}); });
}

}  // namespace pupil::kernels
