#pragma once
// Backends: what a set of instructions has for the innermost loops of kernels.
//
//   Tile                  a tile of a matrix product
//   gather, add_products  the loops of depthwise convolutions
//   winograd              the transforms of conv/winograd/conv2d.hpp; the portable backend has none
//
// What these are given is in isa/arguments/. Their sources are in isa/any/, written once and compiled for each set. A
// set is a folder here, which includes nothing beside this one, and a line below.

#include <type_traits>

#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/isa/portable/kernels.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/isa/avx2/kernels.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>
#elif PUPIL_NEON_KERNELS
#include <pupil/kernels/isa/neon/kernels.hpp>
#endif

namespace pupil::kernels {

/// Calls `use(backend)` with that of the widest instructions for T among these.
template <class T, class Use>
decltype(auto) with_backend_of([[maybe_unused]] InstructionSet instructions, const Use& use) {
  if constexpr (std::is_same_v<T, float>) {
#if PUPIL_X86_KERNELS
    if (instructions >= InstructionSet::avx512) return use(avx512::Backend{});
    if (instructions >= InstructionSet::avx2) return use(avx2::Backend{});
#elif PUPIL_NEON_KERNELS
    if (instructions == InstructionSet::neon) return use(neon::Backend{});
#endif
  }
  return use(PortableBackend<T>{});
}

/// The same among those that this process uses.
template <class T, class Use>
decltype(auto) with_backend(const Use& use) {
  return with_backend_of<T>(instruction_set(), use);
}

}  // namespace pupil::kernels
