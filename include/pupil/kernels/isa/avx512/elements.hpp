#pragma once
// What AVX-512 does alike with floats and with pairs of bf16: one of them in all lanes, times a register of others.

#include <type_traits>

#include <immintrin.h>

#include <pupil/kernels/isa/arguments/bf16.hpp>

namespace pupil::kernels {

[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 in_all_lanes(float element) {
  return _mm512_set1_ps(element);
}
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 in_all_lanes(Bf16Pair element) {
  return _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(element)));
}

/// sums + left right, of floats or of both numbers of pairs. The second is assembly, so that it can be inlined into
/// functions for any AVX-512, as the first is; only to be used where `instruction_set()` has avx512_bf16.
template <class Element>
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 add_products(__m512 left, __m512 right, __m512 sums) {
  if constexpr (std::is_same_v<Element, Bf16Pair>) {
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(left), "v"(right));
    return sums;
  } else {
    return _mm512_fmadd_ps(left, right, sums);
  }
}

}  // namespace pupil::kernels
