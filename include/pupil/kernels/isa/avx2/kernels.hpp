#pragma once
// Kernels of floats by AVX2: those of isa/any/, by registers of eight floats, of which there are sixteen.

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
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace pupil::kernels::avx2 {

using Vector = __m256;
inline constexpr Index lanes = 8;

/// Two loads and six broadcasts feed 12 multiply-adds.
struct TileSize {
  static constexpr Index rows = 6;
  static constexpr Index registers_a_row = 2;
  static constexpr std::array<Index, 0> fewer_rows{};
};

/// The lanes that a register has in use, the first ones, where it is not full.
using FirstLanes = __m256i;

/// The first `count`, or all of them where there are more.
[[gnu::always_inline]] inline FirstLanes first_lanes(Index count) {
  const auto used = static_cast<int>(count < lanes ? count : lanes);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(used), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

[[gnu::always_inline]] inline Vector zero() { return _mm256_setzero_ps(); }
[[gnu::always_inline]] inline Vector all(float number) { return _mm256_set1_ps(number); }
[[gnu::always_inline]] inline Vector load(const float* numbers) { return _mm256_loadu_ps(numbers); }
/// Zeros in the other lanes.
[[gnu::always_inline]] inline Vector load(const float* numbers, const FirstLanes& first) {
  return _mm256_maskload_ps(numbers, first);
}
[[gnu::always_inline]] inline void store(float* numbers, Vector a) { _mm256_storeu_ps(numbers, a); }
[[gnu::always_inline]] inline void store(float* numbers, Vector a, const FirstLanes& first) {
  _mm256_maskstore_ps(numbers, first, a);
}

/// a b + c
[[gnu::always_inline]] inline Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
/// c - a b
[[gnu::always_inline]] inline Vector subtract_product(Vector c, Vector a, Vector b) {
  return _mm256_fnmadd_ps(a, b, c);
}
/// A NaN stays one: of a number and a NaN, the second operand comes out.
[[gnu::always_inline]] inline Vector between(Vector lowest, Vector a, Vector highest) {
  return _mm256_min_ps(highest, _mm256_max_ps(lowest, a));
}

/// Four numbers each from lines that lie `step` apart. Inserted from memory they take none of the shuffles' only port.
[[gnu::always_inline]] inline Vector load_fours(const float* numbers, Index step) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(numbers)), _mm_loadu_ps(numbers + step), 1);
}
/// Of each four numbers of both: a0 b0 a1 b1, a2 b2 a3 b3, and of pairs a0 a1 b0 b1, a2 a3 b2 b3.
[[gnu::always_inline]] inline Vector interleave_low(Vector a, Vector b) { return _mm256_unpacklo_ps(a, b); }
[[gnu::always_inline]] inline Vector interleave_high(Vector a, Vector b) { return _mm256_unpackhi_ps(a, b); }
[[gnu::always_inline]] inline Vector interleave_low_pairs(Vector a, Vector b) {
  return _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
}
[[gnu::always_inline]] inline Vector interleave_high_pairs(Vector a, Vector b) {
  return _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
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

}  // namespace pupil::kernels::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
