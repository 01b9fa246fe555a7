#pragma once
// What the tile unit of AMX computes, in plain C++: the twin that the hardware is held to, and by which the kernel
// around it is tested on machines without one.
//
// As Intel documents TDPBF16PS: the products of the pairs' first numbers and those of their second are summed apart,
// each from zero and in order, by multiply-adds that round to nearest even; then the two sums are added to each other,
// and to the result. What is denormal counts as zero, before and after.

#include <algorithm>
#include <cmath>
#include <limits>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/arguments/bf16.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

/// See AmxUnit.
class EmulatedAmxUnit {
 public:
  static constexpr Index most_rows = 16;

  struct Configuration {
    explicit Configuration(Index /*rows*/ = most_rows) {}  // NOLINT: as AmxUnit's, which does something
  };

  explicit EmulatedAmxUnit(Index rows = most_rows) : rows_(rows) {}

  void load_sums(const float* upper, const float* lower, Index stride) {
    for (Index r = 0; r < rows_; ++r) {
      std::copy_n(upper + r * stride, columns, sums_[0][r]);
      std::copy_n(lower + r * stride, columns, sums_[1][r]);
    }
  }
  void store_sums(float* upper, float* lower, Index stride) const {
    for (Index r = 0; r < rows_; ++r) {
      std::copy_n(sums_[0][r], columns, upper + r * stride);
      std::copy_n(sums_[1][r], columns, lower + r * stride);
    }
  }
  void load_left(const Bf16Pair* upper, const Bf16Pair* lower, Index stride) {
    left_[0] = upper;
    left_[1] = lower;
    left_stride_ = stride;
  }
  void load_right(const Bf16Pair* first, const Bf16Pair* second, Index stride) {
    right_[0] = first;
    right_[1] = second;
    right_stride_ = stride;
  }
  void multiply_add() {
    for (Index group = 0; group < 2; ++group) {
      for (Index r = 0; r < rows_; ++r) {
        multiply_row(left_[group] + r * left_stride_, right_[0], sums_[group][r]);
        multiply_row(left_[group] + r * left_stride_, right_[1], sums_[group][r] + tile_columns);
      }
    }
  }

  /// See AmxUnit.
  static void finish_stored_rows(const Epilogue<float>& epilogue, Index rows, float* sums, Index stride) {
    for (Index r = 0; r < rows; ++r) epilogue.finish_row(sums + r * stride, columns, r * stride);
  }

  /// See kernels::round_pairs.
  static void round_pairs(const float* first, const float* second, bool interleave, Bf16Pair* pairs, Bf16Pair* rest) {
    kernels::round_pairs(first, second, interleave, pairs, rest);
  }
  /// See kernels::round_line.
  static void round_line(const float* numbers, Index count, Bf16Pair* pairs, Bf16Pair* rest) {
    kernels::round_line(numbers, count, pairs, rest);
  }
  /// See kernels::round_two_lines.
  static void round_two_lines(const float* first, const float* second, Index count, Bf16Pair* pairs, Bf16Pair* rest) {
    kernels::round_two_lines(first, second, count, pairs, rest);
  }
  /// See kernels::transpose_pairs.
  static void transpose_pairs(Bf16Pair* tile) { kernels::transpose_pairs(tile); }

 private:
  static constexpr Index columns = 32;
  static constexpr Index tile_columns = 16;
  static constexpr Index tile_pairs = 16;

  static float flushed(double x) {
    const auto rounded = static_cast<float>(x);
    return std::abs(rounded) < std::numeric_limits<float>::min() ? std::copysign(0.0F, rounded) : rounded;
  }
  static double number(std::uint32_t bits) { return static_cast<double>(flushed(from_bf16(bits))); }

  // In double the products are exact, and a sum of two floats that is rounded to double first is rounded to float as if
  // it were not.
  void multiply_row(const Bf16Pair* left, const Bf16Pair* right, float* sums) const {
    float firsts[tile_columns] = {};
    float seconds[tile_columns] = {};
    for (Index k = 0; k < tile_pairs; ++k, right += right_stride_) {
      const double left_first = number(left[k] & 0xFFFFU);
      const double left_second = number(left[k] >> 16U);
      for (Index c = 0; c < tile_columns; ++c) {
        firsts[c] = flushed(static_cast<double>(firsts[c]) + left_first * number(right[c] & 0xFFFFU));
        seconds[c] = flushed(static_cast<double>(seconds[c]) + left_second * number(right[c] >> 16U));
      }
    }
    for (Index c = 0; c < tile_columns; ++c) {
      const float sum = flushed(static_cast<double>(firsts[c]) + static_cast<double>(seconds[c]));
      sums[c] = flushed(static_cast<double>(flushed(static_cast<double>(sums[c]))) + static_cast<double>(sum));
    }
  }

  Index rows_;
  float sums_[2][most_rows][columns];
  const Bf16Pair* left_[2];
  const Bf16Pair* right_[2];
  Index left_stride_;
  Index right_stride_;
};

}  // namespace pupil::kernels
