#pragma once
// Packing pairs of bf16 by AVX-512, which every processor with AMX has.

#include <cstddef>
#include <utility>

#include <immintrin.h>

#include <pupil/kernels/isa/arguments/bf16.hpp>

namespace pupil::kernels {

/// Rounds 16 numbers and 16 more to 16 pairs: interleaved, pair i is first[i] and second[i]; else the pairs are those
/// of first[0..15] second[0..15] in this order. Does the same with what rounding left over, where `rest` is not null.
/// What is denormal may become zero, as which the tile unit would count it.
[[gnu::target("avx512f,avx512bw,avx512bf16")]] inline void round_pairs_avx512(const float* first, const float* second,
                                                                              bool interleave, Bf16Pair* pairs,
                                                                              Bf16Pair* rest) {
  // Lane 2i takes number i, lane 2i + 1 number 16 + i. The masks, which take every lane, are for GCC 12: it warns of
  // its own intrinsics without them.
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i second_lane = _mm512_add_epi32(lane, _mm512_set1_epi32(16));
  const __m512i order = _mm512_or_si512(lane, _mm512_maskz_slli_epi32(0xFFFF, second_lane, 16));
  const __m512 a = _mm512_loadu_ps(first);
  const __m512 b = _mm512_loadu_ps(second);
  const auto rounded = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
  const __m512i interleaved = _mm512_permutexvar_epi16(order, rounded);
  _mm512_storeu_si512(pairs, interleave ? interleaved : rounded);
  if (rest == nullptr) return;

  const __m512 rounded_a = _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xFFFF, interleaved, 16));
  const __m512 rounded_b = _mm512_castsi512_ps(_mm512_and_si512(interleaved, _mm512_set1_epi32(-0x10000)));
  const auto left_over =
      reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(_mm512_sub_ps(b, rounded_b), _mm512_sub_ps(a, rounded_a)));
  _mm512_storeu_si512(rest, interleave ? _mm512_permutexvar_epi16(order, left_over) : left_over);
}

namespace detail {

/// 16 bf16 as floats.
[[gnu::target("avx512f"), gnu::always_inline]] inline __m512 widened_avx512(__m256i numbers) {
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xFFFF, _mm512_maskz_cvtepu16_epi32(0xFFFF, numbers), 16));
}

/// 32 numbers, of which the masks name those that are read, and pairs that are written.
template <bool HasRest>
[[gnu::target("avx512f,avx512bw,avx512bf16"), gnu::always_inline]] inline void round_piece_avx512(
    const float* numbers, __mmask16 lower, __mmask16 upper, __mmask16 written, Bf16Pair* pairs, Bf16Pair* rest) {
  const __m512 a = _mm512_maskz_loadu_ps(lower, numbers);
  const __m512 b = _mm512_maskz_loadu_ps(upper, numbers + 16);
  const auto rounded = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
  _mm512_mask_storeu_epi32(pairs, written, rounded);
  if constexpr (HasRest) {
    const __m512 rounded_a = widened_avx512(_mm512_maskz_extracti64x4_epi64(0xFF, rounded, 0));
    const __m512 rounded_b = widened_avx512(_mm512_maskz_extracti64x4_epi64(0xFF, rounded, 1));
    const __m512bh left_over = _mm512_cvtne2ps_pbh(_mm512_sub_ps(b, rounded_b), _mm512_sub_ps(a, rounded_a));
    _mm512_mask_storeu_epi32(rest, written, reinterpret_cast<__m512i>(left_over));
  }
}

template <bool HasRest>
[[gnu::target("avx512f,avx512bw,avx512bf16")]] inline void round_line_avx512(const float* numbers, std::ptrdiff_t count,
                                                                             Bf16Pair* pairs, Bf16Pair* rest) {
  constexpr std::ptrdiff_t at_once = 32;
  for (; count >= at_once; count -= at_once, numbers += at_once, pairs += at_once / 2) {
    round_piece_avx512<HasRest>(numbers, 0xFFFF, 0xFFFF, 0xFFFF, pairs, rest);
    if constexpr (HasRest) rest += at_once / 2;
  }
  if (count == 0) return;
  const auto first_lanes = (std::uint32_t{1} << count) - 1;
  const auto written = static_cast<__mmask16>((std::uint32_t{1} << ((count + 1) / 2)) - 1);
  round_piece_avx512<HasRest>(numbers, static_cast<__mmask16>(first_lanes), static_cast<__mmask16>(first_lanes >> 16U),
                              written, pairs, rest);
}

}  // namespace detail

/// See round_line. What is denormal may become zero.
inline void round_line_avx512(const float* numbers, std::ptrdiff_t count, Bf16Pair* pairs, Bf16Pair* rest) {
  if (rest == nullptr) {
    detail::round_line_avx512<false>(numbers, count, pairs, rest);
  } else {
    detail::round_line_avx512<true>(numbers, count, pairs, rest);
  }
}

/// See round_two_lines; `count` is a multiple of 16. What is denormal may become zero.
[[gnu::target("avx512f,avx512bw,avx512bf16")]] inline void round_two_lines_avx512(const float* first,
                                                                                  const float* second,
                                                                                  std::ptrdiff_t count, Bf16Pair* pairs,
                                                                                  Bf16Pair* rest) {
  for (std::ptrdiff_t i = 0; i < count; i += 16) {
    round_pairs_avx512(first + i, second + i, true, pairs + i, rest == nullptr ? nullptr : rest + i);
  }
}

namespace detail {

/// Exchanges blocks of `Block` lanes between rows that are as many apart: those of odd number of the upper row with
/// those of even number of the lower one. The pack of row numbers unrolls it, so that the rows stay in registers.
template <int Block, int... Row>
[[gnu::target("avx512f"), gnu::always_inline]] inline void exchange_blocks(__m512i* rows, __m512i lane,
                                                                           std::integer_sequence<int, Row...>) {
  const __m512i size = _mm512_set1_epi32(Block);
  const __m512i lower_row = _mm512_set1_epi32(16);  // added to a lane's number where it is one of the lower row
  const __mmask16 odd = _mm512_test_epi32_mask(lane, size);
  const __m512i upper = _mm512_mask_add_epi32(lane, odd, _mm512_sub_epi32(lane, size), lower_row);
  const __m512i lower = _mm512_mask_add_epi32(_mm512_add_epi32(lane, size), odd, lane, lower_row);
  __m512i exchanged[16];
  ((exchanged[Row] = (Row & Block) == 0 ? _mm512_permutex2var_epi32(rows[Row], upper, rows[Row | Block])
                                        : _mm512_permutex2var_epi32(rows[Row & ~Block], lower, rows[Row])),
   ...);
  ((rows[Row] = exchanged[Row]), ...);
}

template <int... Row>
[[gnu::target("avx512f")]] inline void transpose_pairs_avx512(Bf16Pair* tile,
                                                              std::integer_sequence<int, Row...> sequence) {
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  __m512i rows[16];
  ((rows[Row] = _mm512_loadu_si512(tile + Row * 16)), ...);
  exchange_blocks<1>(rows, lane, sequence);
  exchange_blocks<2>(rows, lane, sequence);
  exchange_blocks<4>(rows, lane, sequence);
  exchange_blocks<8>(rows, lane, sequence);
  (_mm512_storeu_si512(tile + Row * 16, rows[Row]), ...);
}

}  // namespace detail

/// Transposes 16 x 16 pairs.
inline void transpose_pairs_avx512(Bf16Pair* tile) {
  detail::transpose_pairs_avx512(tile, std::make_integer_sequence<int, 16>());
}

}  // namespace pupil::kernels
