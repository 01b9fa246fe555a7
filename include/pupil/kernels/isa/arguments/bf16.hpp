#pragma once
// bf16: the upper half of an fp32, so 8 bits of significand. Products of two are exact in fp32.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <pupil/core/cpp20.hpp>

namespace pupil::kernels {

/// Two bf16 numbers whose products are added to one sum: the first in the lower half.
using Bf16Pair = std::uint32_t;

/// The nearest bf16, of two equally near the one whose last bit is 0; NaN stays NaN.
inline std::uint32_t to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U;
  const std::uint32_t quiet = (bits >> 16U) | 0x40U;  // rounding could carry a NaN over to a number
  return is_nan ? quiet : rounded;
}

/// The lower 16 bits as a number.
inline float from_bf16(std::uint32_t bits) { return std::bit_cast<float>(bits << 16U); }

/// Rounds 16 numbers and 16 more to 16 pairs: interleaved, pair i is first[i] and second[i]; else the pairs are those
/// of first[0..15] second[0..15] in this order. Does the same with what rounding left over, where `rest` is not null.
inline void round_pairs(const float* first, const float* second, bool interleave, Bf16Pair* pairs, Bf16Pair* rest) {
  constexpr int count = 16;
  float numbers[2 * count];
  for (int i = 0; i < count; ++i) {
    numbers[interleave ? 2 * i : i] = first[i];
    numbers[interleave ? 2 * i + 1 : count + i] = second[i];
  }
  for (int i = 0; i < count; ++i) {
    const std::uint32_t even = to_bf16(numbers[2 * i]);
    const std::uint32_t odd = to_bf16(numbers[2 * i + 1]);
    pairs[i] = even | odd << 16U;
    if (rest == nullptr) continue;
    rest[i] = to_bf16(numbers[2 * i] - from_bf16(even)) | to_bf16(numbers[2 * i + 1] - from_bf16(odd)) << 16U;
  }
}

/// Rounds numbers to as many pairs as hold them, in this order; where their count is odd, a zero fills the last pair.
/// Does the same with what rounding left over, where `rest` is not null.
inline void round_line(const float* numbers, std::ptrdiff_t count, Bf16Pair* pairs, Bf16Pair* rest) {
  for (std::ptrdiff_t i = 0; 2 * i < count; ++i) {
    const float first = numbers[2 * i];
    const float second = 2 * i + 1 < count ? numbers[2 * i + 1] : 0.0F;
    const std::uint32_t even = to_bf16(first);
    const std::uint32_t odd = to_bf16(second);
    pairs[i] = even | odd << 16U;
    if (rest != nullptr) rest[i] = to_bf16(first - from_bf16(even)) | to_bf16(second - from_bf16(odd)) << 16U;
  }
}

/// Rounds two lines of numbers to pairs: pair i is first[i] and second[i]. Does the same with what rounding left over,
/// where `rest` is not null.
inline void round_two_lines(const float* first, const float* second, std::ptrdiff_t count, Bf16Pair* pairs,
                            Bf16Pair* rest) {
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const std::array<float, 2> numbers{first[i], second[i]};
    round_line(numbers.data(), 2, pairs + i, rest == nullptr ? nullptr : rest + i);
  }
}

/// Transposes 16 x 16 pairs.
inline void transpose_pairs(Bf16Pair* tile) {
  for (int r = 1; r < 16; ++r) {
    for (int c = 0; c < r; ++c) std::swap(tile[r * 16 + c], tile[c * 16 + r]);
  }
}

}  // namespace pupil::kernels
