#pragma once
// Kernels of floats by AVX-512: those of isa/any/, by registers of sixteen floats, of which there are 32.
//
// Where forms with a mask take every lane, they are for GCC 12: it warns of its own intrinsics without one (bug
// 105593).

#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include <immintrin.h>

#include <pupil/kernels/isa/arguments/depthwise.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>
#include <pupil/kernels/isa/arguments/tile.hpp>
#include <pupil/kernels/isa/arguments/winograd.hpp>

// All functions from here on are compiled for these instructions, whatever the program is compiled for.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f")
#endif

namespace pupil::kernels::avx512 {

using Vector = __m512;
inline constexpr Index lanes = 16;

/// Two loads and fourteen broadcasts feed 28 multiply-adds.
struct TileSize {
  static constexpr Index rows = 14;
  static constexpr Index registers_a_row = 2;
  static constexpr std::array<Index, 2> fewer_rows{4, 8};
};

/// The lanes that a register has in use, the first ones, where it is not full.
using FirstLanes = __mmask16;
inline constexpr FirstLanes all_lanes = 0xFFFF;

/// The first `count`, or all of them where there are more. It may be called by what is compiled for other instructions.
inline FirstLanes first_lanes(Index count) {
  return static_cast<FirstLanes>(count < lanes ? (1U << count) - 1 : all_lanes);
}

[[gnu::always_inline]] inline Vector zero() { return _mm512_setzero_ps(); }
[[gnu::always_inline]] inline Vector all(float number) { return _mm512_set1_ps(number); }
[[gnu::always_inline]] inline Vector load(const float* numbers) { return _mm512_loadu_ps(numbers); }
/// Zeros in the other lanes.
[[gnu::always_inline]] inline Vector load(const float* numbers, FirstLanes first) {
  return _mm512_maskz_loadu_ps(first, numbers);
}
[[gnu::always_inline]] inline void store(float* numbers, Vector a) { _mm512_storeu_ps(numbers, a); }
[[gnu::always_inline]] inline void store(float* numbers, Vector a, FirstLanes first) {
  _mm512_mask_storeu_ps(numbers, first, a);
}

/// a b + c
[[gnu::always_inline]] inline Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
/// c - a b
[[gnu::always_inline]] inline Vector subtract_product(Vector c, Vector a, Vector b) {
  return _mm512_fnmadd_ps(a, b, c);
}
/// A NaN stays one: of a number and a NaN, the second operand comes out.
[[gnu::always_inline]] inline Vector between(Vector lowest, Vector a, Vector highest) {
  return _mm512_maskz_min_ps(all_lanes, highest, _mm512_maskz_max_ps(all_lanes, lowest, a));
}

/// Four numbers each from lines that lie `step` apart. Inserted from memory they take none of the shuffles' only port.
[[gnu::always_inline]] inline Vector load_fours(const float* numbers, Index step) {
  const Vector first = _mm512_castps128_ps512(_mm_loadu_ps(numbers));
  const Vector two = _mm512_insertf32x4(first, _mm_loadu_ps(numbers + step), 1);
  const Vector three = _mm512_insertf32x4(two, _mm_loadu_ps(numbers + 2 * step), 2);
  return _mm512_insertf32x4(three, _mm_loadu_ps(numbers + 3 * step), 3);
}
/// Of each four numbers of both: a0 b0 a1 b1, a2 b2 a3 b3, and of pairs a0 a1 b0 b1, a2 a3 b2 b3.
[[gnu::always_inline]] inline Vector interleave_low(Vector a, Vector b) {
  return _mm512_maskz_unpacklo_ps(all_lanes, a, b);
}
[[gnu::always_inline]] inline Vector interleave_high(Vector a, Vector b) {
  return _mm512_maskz_unpackhi_ps(all_lanes, a, b);
}
[[gnu::always_inline]] inline Vector interleave_low_pairs(Vector a, Vector b) {
  return _mm512_castpd_ps(_mm512_maskz_unpacklo_pd(0xFF, _mm512_castps_pd(a), _mm512_castps_pd(b)));
}
[[gnu::always_inline]] inline Vector interleave_high_pairs(Vector a, Vector b) {
  return _mm512_castpd_ps(_mm512_maskz_unpackhi_pd(0xFF, _mm512_castps_pd(a), _mm512_castps_pd(b)));
}

using kernels::detail::PixelSquare;
using kernels::detail::WinogradNumbers;
using kernels::detail::WinogradTransforms;

#include <pupil/kernels/isa/any/depthwise_products.inc>
#include <pupil/kernels/isa/any/epilogue.inc>
#include <pupil/kernels/isa/any/transpose.inc>
#include <pupil/kernels/isa/any/winograd_lines.inc>
// These need the ones above.
#include <pupil/kernels/isa/any/depthwise_gather.inc>
#include <pupil/kernels/isa/any/gemm_tile.inc>
#include <pupil/kernels/isa/any/winograd_squares.inc>
// And this one has them all.
#include <pupil/kernels/isa/any/backend.inc>

}  // namespace pupil::kernels::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
