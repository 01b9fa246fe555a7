#pragma once
// Backends: what a set of instructions has for the innermost loops of kernels.
//
//   Tile                  a tile of a matrix product (gemm/tile.hpp)
//   gather, add_products  the loops of depthwise convolutions (conv/depthwise/gather.hpp, products.hpp)
//   Winograd              the transforms of conv/winograd/conv2d.hpp; the portable backend has none
//
// Their sources are in isa/any/, written once and compiled for each set. A set is a folder here, and a line below.

#include <type_traits>

#include <pupil/kernels/conv/depthwise/gather.hpp>
#include <pupil/kernels/conv/depthwise/products.hpp>
#include <pupil/kernels/gemm/tile.hpp>
#include <pupil/kernels/instruction_set.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/isa/avx2/kernels.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>
#elif PUPIL_NEON_KERNELS
#include <pupil/kernels/isa/neon/kernels.hpp>
#endif

namespace pupil::kernels {

/// What any machine computes, of any scalar.
template <class T>
struct PortableBackend {
  using Tile = PortableTile<T>;

  static void gather(const GatherRun<T>& run) { gather_run(run); }
  static void add_products(const TapProducts<T>& lines) { add_tap_products(lines); }
};

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
