#include <array>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/kernels/isa/arguments/bf16.hpp>

using namespace pupil;
using namespace pupil::kernels;

namespace {

float rounded_to_bf16(float x) { return from_bf16(to_bf16(x)); }

}  // namespace

TEST_CASE("a float is rounded to the nearest bf16, and to the even one in the middle") {
  CHECK(rounded_to_bf16(1.0F) == 1.0F);
  CHECK(rounded_to_bf16(-2.5F) == -2.5F);
  const float step = 0x1p-7F;  // between 1 and 2
  CHECK(rounded_to_bf16(1 + 0.49F * step) == 1.0F);
  CHECK(rounded_to_bf16(1 + 0.51F * step) == 1 + step);
  CHECK(rounded_to_bf16(1 + 0.5F * step) == 1.0F);
  CHECK(rounded_to_bf16(1 + 1.5F * step) == 1 + 2 * step);
  CHECK(rounded_to_bf16(-(1 + 1.5F * step)) == -(1 + 2 * step));
}

TEST_CASE("zeros keep their sign, infinity and NaN stay what they are") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(to_bf16(0.0F) == 0);
  CHECK(to_bf16(-0.0F) == 0x8000U);
  CHECK(rounded_to_bf16(infinity) == infinity);
  CHECK(rounded_to_bf16(-infinity) == -infinity);
  CHECK(rounded_to_bf16(std::numeric_limits<float>::max()) == infinity);
  for (const std::uint32_t bits : {0x7FFFFFFFU, 0x7F800001U, 0xFFFFFFFFU, 0x7FC00000U}) {
    CHECK(std::isnan(rounded_to_bf16(std::bit_cast<float>(bits))));
  }
}

TEST_CASE("pairs are of two lines or of neighbours, and with the rest have 16 bits of a number") {
  Rng rng(1);
  std::array<float, 32> numbers;
  for (float& number : numbers) number = rng.normal<float>();
  for (const bool interleave : {false, true}) {
    std::array<Bf16Pair, 16> pairs;
    std::array<Bf16Pair, 16> rest;
    round_pairs(numbers.data(), numbers.data() + 16, interleave, pairs.data(), rest.data());
    for (std::size_t i = 0; i < 16; ++i) {
      const float first = interleave ? numbers[i] : numbers[2 * i];
      const float second = interleave ? numbers[16 + i] : numbers[2 * i + 1];
      CHECK((pairs[i] & 0xFFFFU) == to_bf16(first));
      CHECK((pairs[i] >> 16U) == to_bf16(second));
      CHECK(std::abs(first - from_bf16(pairs[i] & 0xFFFFU) - from_bf16(rest[i] & 0xFFFFU)) <=
            0x1p-17F * std::abs(first));
      CHECK(std::abs(second - from_bf16(pairs[i] >> 16U) - from_bf16(rest[i] >> 16U)) <= 0x1p-17F * std::abs(second));
    }
    std::array<Bf16Pair, 16> alone;
    round_pairs(numbers.data(), numbers.data() + 16, interleave, alone.data(), nullptr);
    CHECK(alone == pairs);
  }
}

TEST_CASE("a line is rounded to pairs of neighbours, and a zero where their number is odd") {
  const std::array<float, 3> numbers{1, 1 + 0x1p-10F, -3};
  std::array<Bf16Pair, 3> pairs{7, 7, 7};
  std::array<Bf16Pair, 3> rest{7, 7, 7};
  round_line(numbers.data(), 3, pairs.data(), rest.data());
  CHECK(pairs == std::array<Bf16Pair, 3>{to_bf16(1) | to_bf16(1) << 16U, to_bf16(-3), 7});
  CHECK(rest == std::array<Bf16Pair, 3>{to_bf16(0x1p-10F) << 16U, 0, 7});
  std::array<Bf16Pair, 3> alone{7, 7, 7};
  round_line(numbers.data(), 3, alone.data(), nullptr);
  CHECK(alone == pairs);
}
