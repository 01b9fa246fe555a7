#pragma once
// Kernels of floats by NEON, as every 64-bit ARM has it: those of isa/any/, by registers of four floats, of which there
// are 32.

#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include <arm_neon.h>

#include <pupil/kernels/isa/arguments/depthwise.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>
#include <pupil/kernels/isa/arguments/tile.hpp>
#include <pupil/kernels/isa/arguments/winograd.hpp>

namespace pupil::kernels::neon {

using Vector = float32x4_t;
inline constexpr Index lanes = 4;

/// Four loads and five broadcasts feed 20 multiply-adds; with another row the compiler has no register left for its
/// number.
struct TileSize {
  static constexpr Index rows = 5;
  static constexpr Index registers_a_row = 4;
  static constexpr std::array<Index, 0> fewer_rows{};
};

/// How many lanes a register has in use, the first ones, where it is not full.
using FirstLanes = Index;

[[gnu::always_inline]] inline FirstLanes first_lanes(Index count) { return count < lanes ? count : lanes; }

[[gnu::always_inline]] inline Vector zero() { return vdupq_n_f32(0); }
[[gnu::always_inline]] inline Vector all(float number) { return vdupq_n_f32(number); }
[[gnu::always_inline]] inline Vector load(const float* numbers) { return vld1q_f32(numbers); }
/// Zeros in the other lanes.
[[gnu::always_inline]] inline Vector load(const float* numbers, FirstLanes first) {
  if (first == lanes) return vld1q_f32(numbers);
  float some[lanes] = {};
  for (Index i = 0; i < first; ++i) some[i] = numbers[i];
  return vld1q_f32(some);
}
[[gnu::always_inline]] inline void store(float* numbers, Vector a) { vst1q_f32(numbers, a); }
[[gnu::always_inline]] inline void store(float* numbers, Vector a, FirstLanes first) {
  if (first == lanes) return vst1q_f32(numbers, a);
  float some[lanes];
  vst1q_f32(some, a);
  for (Index i = 0; i < first; ++i) numbers[i] = some[i];
}

/// a b + c
[[gnu::always_inline]] inline Vector multiply_add(Vector a, Vector b, Vector c) { return vfmaq_f32(c, a, b); }
/// c - a b
[[gnu::always_inline]] inline Vector subtract_product(Vector c, Vector a, Vector b) { return vfmsq_f32(c, a, b); }
/// A NaN stays one, as it does in NEON's least and greatest.
[[gnu::always_inline]] inline Vector between(Vector lowest, Vector a, Vector highest) {
  return vminq_f32(highest, vmaxq_f32(lowest, a));
}

/// Four numbers, all that a register has: there is no other line.
[[gnu::always_inline]] inline Vector load_fours(const float* numbers, Index /*step*/) { return vld1q_f32(numbers); }
/// Of both: a0 b0 a1 b1, a2 b2 a3 b3, and of pairs a0 a1 b0 b1, a2 a3 b2 b3.
[[gnu::always_inline]] inline Vector interleave_low(Vector a, Vector b) { return vzip1q_f32(a, b); }
[[gnu::always_inline]] inline Vector interleave_high(Vector a, Vector b) { return vzip2q_f32(a, b); }
[[gnu::always_inline]] inline Vector interleave_low_pairs(Vector a, Vector b) {
  return vreinterpretq_f32_f64(vzip1q_f64(vreinterpretq_f64_f32(a), vreinterpretq_f64_f32(b)));
}
[[gnu::always_inline]] inline Vector interleave_high_pairs(Vector a, Vector b) {
  return vreinterpretq_f32_f64(vzip2q_f64(vreinterpretq_f64_f32(a), vreinterpretq_f64_f32(b)));
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

}  // namespace pupil::kernels::neon
