#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/kernels/isa/amx/emulation.hpp>

using namespace pupil;
using namespace pupil::kernels;

namespace {

/// The two tiles of 32 rows (or columns) and 32 terms, and the 32 x 32 sums.
struct UnitOperands {
  std::array<Bf16Pair, 512> left{};
  std::array<Bf16Pair, 512> right{};
  std::array<float, 1024> sums{};

  static std::size_t left_place(Index row, Index pair) {
    return static_cast<std::size_t>(row / 16 * 256 + row % 16 * 16 + pair);
  }
  static std::size_t right_place(Index column, Index pair) {
    return static_cast<std::size_t>(column / 16 * 256 + pair * 16 + column % 16);
  }
  float multiplied_add(Index row, Index column) const {
    EmulatedAmxUnit unit{};
    unit.load_sums(sums.data(), sums.data() + 16 * 32, 32);
    unit.load_left(left.data(), left.data() + 256, 16);
    unit.load_right(right.data(), right.data() + 256, 16);
    unit.multiply_add();
    std::array<float, 1024> result;
    unit.store_sums(result.data(), result.data() + 16 * 32, 32);
    return result[static_cast<std::size_t>(row * 32 + column)];
  }
};

Bf16Pair pair_of(float first, float second) { return to_bf16(first) | to_bf16(second) << 16U; }

/// By the pseudo-code of TDPBF16PS, for numbers of which none is denormal.
float documented_sum(const UnitOperands& operands, Index row, Index column) {
  float firsts = 0;
  float seconds = 0;
  for (Index k = 0; k < 16; ++k) {
    const Bf16Pair a = operands.left[UnitOperands::left_place(row, k)];
    const Bf16Pair b = operands.right[UnitOperands::right_place(column, k)];
    firsts = std::fma(from_bf16(a & 0xFFFFU), from_bf16(b & 0xFFFFU), firsts);
    seconds = std::fma(from_bf16(a >> 16U), from_bf16(b >> 16U), seconds);
  }
  return operands.sums[static_cast<std::size_t>(row * 32 + column)] + (firsts + seconds);
}

}  // namespace

TEST_CASE("the emulated unit sums in the documented order, bit for bit") {
  Rng rng(1);
  UnitOperands operands;
  const auto pair = [&] { return pair_of(rng.normal<float>(), rng.normal<float>()); };
  for (Bf16Pair& value : operands.left) value = pair();
  for (Bf16Pair& value : operands.right) value = pair();
  for (float& value : operands.sums) value = rng.normal<float>();
  for (const Index row : {0, 7, 15, 16, 31}) {
    for (Index column = 0; column < 32; ++column) {
      CHECK(operands.multiplied_add(row, column) == documented_sum(operands, row, column));
    }
  }
}

TEST_CASE("the emulated unit takes denormal numbers for zero, and makes zero of denormal sums") {
  constexpr float smallest = std::numeric_limits<float>::min();
  UnitOperands operands;
  operands.left[0] = pair_of(0.5F, smallest / 4);
  operands.right[0] = pair_of(smallest, 1.0F);
  CHECK(operands.multiplied_add(0, 0) == 0);  // half of the smallest, and a denormal
  operands.sums[0] = smallest / 2;
  CHECK(operands.multiplied_add(0, 0) == 0);
  operands.sums[0] = -smallest;
  CHECK(operands.multiplied_add(0, 0) == -smallest);
  operands.left[0] = pair_of(2.0F, 0.0F);
  operands.sums[0] = 0;
  CHECK(operands.multiplied_add(0, 0) == 2 * smallest);
}

TEST_CASE("infinity and NaN go through the emulated unit") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  UnitOperands operands;
  operands.left[0] = pair_of(infinity, 0);
  operands.right[0] = pair_of(2, 0);
  CHECK(operands.multiplied_add(0, 0) == infinity);
  operands.sums[0] = -infinity;
  CHECK(std::isnan(operands.multiplied_add(0, 0)));
  operands.sums[0] = 0;
  operands.right[0] = pair_of(0, 0);
  CHECK(std::isnan(operands.multiplied_add(0, 0)));
}

TEST_CASE("an emulated unit of fewer rows reads and writes no others") {
  const std::array<Bf16Pair, 2 * 64> left = [] {
    std::array<Bf16Pair, 2 * 64> rows{};
    rows.fill(pair_of(1, 1));
    return rows;
  }();
  const std::array<Bf16Pair, 16 * 32> right = [] {
    std::array<Bf16Pair, 16 * 32> rows{};
    rows.fill(pair_of(2, 0));
    return rows;
  }();
  std::array<float, 4 * 32> sums{};
  EmulatedAmxUnit unit(1);
  unit.load_sums(sums.data(), sums.data() + 2 * 32, 32);
  unit.load_left(left.data(), left.data() + 64, 64);
  unit.load_right(right.data(), right.data() + 16, 32);
  unit.multiply_add();
  unit.store_sums(sums.data(), sums.data() + 2 * 32, 32);
  for (std::size_t i = 0; i < sums.size(); ++i) CHECK(sums[i] == (i / 32 % 2 == 0 ? 32.0F : 0.0F));
}
