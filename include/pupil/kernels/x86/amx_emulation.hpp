#pragma once
// What the tile unit of AMX computes, in plain C++: the twin that the hardware is held to, and by which the kernel
// around it is tested on machines without one.
//
// As Intel documents TDPBF16PS: the products of the pairs' first numbers and those of their second are summed apart,
// each from zero and in order, by multiply-adds that round to nearest even; then the two sums are added to each other,
// and to the result. What is denormal counts as zero, before and after.

#include <cmath>
#include <limits>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/bf16.hpp>
#include <pupil/kernels/epilogue.hpp>

namespace pupil::kernels {

/// See AmxUnit.
class EmulatedAmxUnit {
 public:
  struct Configuration {
    Configuration() {}  // NOLINT: as AmxUnit's, which does something
  };

  void load_sums(const float* from, Index stride) {
    for (Index r = 0; r < size; ++r) {
      for (Index c = 0; c < size; ++c) sums_[r][c] = from[r * stride + c];
    }
  }
  void store_sums(float* to, Index stride) const {
    for (Index r = 0; r < size; ++r) {
      for (Index c = 0; c < size; ++c) to[r * stride + c] = sums_[r][c];
    }
  }
  void load_left(const Bf16Pair* tiles) { left_ = tiles; }
  void load_right(const Bf16Pair* tiles) { right_ = tiles; }
  void multiply_add() {
    for (Index r = 0; r < size; ++r) {
      for (Index half = 0; half < 2; ++half) {
        multiply_row(left_ + r * tile_pairs, right_ + half * tile_rows * tile_pairs, sums_[r] + half * tile_rows);
      }
    }
  }

  /// See AmxUnit.
  static void finish_stored_rows(const Epilogue<float>& epilogue, Index rows, float* sums, Index stride) {
    for (Index r = 0; r < rows; ++r) epilogue.finish_row(sums + r * stride, size, r * stride);
  }

  /// See kernels::round_pairs.
  static void round_pairs(const float* first, const float* second, bool interleave, Bf16Pair* pairs, Bf16Pair* rest) {
    kernels::round_pairs(first, second, interleave, pairs, rest);
  }
  /// See kernels::transpose_pairs.
  static void transpose_pairs(Bf16Pair* tile) { kernels::transpose_pairs(tile); }

 private:
  static constexpr Index size = 32;
  static constexpr Index tile_rows = 16;
  static constexpr Index tile_pairs = 16;

  static float flushed(double x) {
    const auto rounded = static_cast<float>(x);
    return std::abs(rounded) < std::numeric_limits<float>::min() ? std::copysign(0.0F, rounded) : rounded;
  }
  static double number(std::uint32_t bits) { return static_cast<double>(flushed(from_bf16(bits))); }

  // In double the products are exact, and a sum of two floats that is rounded to double first is rounded to float as if
  // it were not.
  static void multiply_row(const Bf16Pair* left, const Bf16Pair* right, float* sums) {
    float firsts[tile_rows] = {};
    float seconds[tile_rows] = {};
    for (Index k = 0; k < tile_pairs; ++k, right += tile_rows) {
      const double left_first = number(left[k] & 0xFFFFU);
      const double left_second = number(left[k] >> 16U);
      for (Index c = 0; c < tile_rows; ++c) {
        firsts[c] = flushed(static_cast<double>(firsts[c]) + left_first * number(right[c] & 0xFFFFU));
        seconds[c] = flushed(static_cast<double>(seconds[c]) + left_second * number(right[c] >> 16U));
      }
    }
    for (Index c = 0; c < tile_rows; ++c) {
      const float sum = flushed(static_cast<double>(firsts[c]) + static_cast<double>(seconds[c]));
      sums[c] = flushed(static_cast<double>(flushed(static_cast<double>(sums[c]))) + static_cast<double>(sum));
    }
  }

  float sums_[size][size];
  const Bf16Pair* left_;
  const Bf16Pair* right_;
};

}  // namespace pupil::kernels
