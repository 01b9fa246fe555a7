#pragma once
// Rounding to pairs of bf16 by AVX-512, which every processor with AMX has.

#include <immintrin.h>

#include <pupil/kernels/bf16.hpp>

namespace pupil::kernels {

/// Rounds 16 numbers and 16 more to 16 pairs: interleaved, pair i is first[i] and second[i]; else the pairs are those
/// of first[0..15] second[0..15] in this order. Does the same with what rounding left over, where `rest` is not null.
/// What is denormal may become zero, as which the tile unit would count it.
[[gnu::target("avx512f,avx512bw,avx512bf16")]] inline void round_pairs_avx512(const float* first, const float* second,
                                                                              bool interleave, Bf16Pair* pairs,
                                                                              Bf16Pair* rest) {
  // Lane 2i takes number i, lane 2i + 1 number 16 + i.
  const __m512i lower = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i order = _mm512_or_si512(lower, _mm512_slli_epi32(_mm512_add_epi32(lower, _mm512_set1_epi32(16)), 16));
  const __m512 a = _mm512_loadu_ps(first);
  const __m512 b = _mm512_loadu_ps(second);
  const auto rounded = (__m512i)_mm512_cvtne2ps_pbh(b, a);
  _mm512_storeu_si512(pairs, interleave ? _mm512_permutexvar_epi16(order, rounded) : rounded);
  if (rest == nullptr) return;

  const __m256i of_a = _mm512_castsi512_si256(rounded);
  const __m256i of_b = _mm512_extracti64x4_epi64(rounded, 1);
  const __m512 rounded_a = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(of_a), 16));
  const __m512 rounded_b = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(of_b), 16));
  const auto left_over = (__m512i)_mm512_cvtne2ps_pbh(_mm512_sub_ps(b, rounded_b), _mm512_sub_ps(a, rounded_a));
  _mm512_storeu_si512(rest, interleave ? _mm512_permutexvar_epi16(order, left_over) : left_over);
}

}  // namespace pupil::kernels
