#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/pointwise/random_mask.hpp>

#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;
using kernels::BitMask;

namespace {

std::vector<bool> drawn(Index size, double probability, std::array<std::uint32_t, 2> key) {
  BitMask mask(size);
  kernels::draw_mask(mask, probability, key);
  std::vector<bool> all;
  for (Index i = 0; i < size; ++i) all.push_back(mask[i]);
  return all;
}

double share_of_ones(const std::vector<bool>& bits) {
  double ones = 0;
  for (const bool bit : bits) ones += bit ? 1 : 0;
  return ones / static_cast<double>(bits.size());
}

}  // namespace

TEST_CASE("each bit is a function of the key and of its position") {
  constexpr std::array<std::uint32_t, 2> key{123, 456};
  const Index size = 2 * BitMask::block_size + 77;
  const auto bits = drawn(size, 0.3, key);
  const auto threshold = static_cast<std::uint32_t>(0.3 * 0x1p32);
  for (Index i = 0; i < size; ++i) {
    const Index row = i / 64;  // 64 words side by side; four rows of bits share their 64 counters
    const auto counter = static_cast<std::uint32_t>(row / 4 * 64 + i % 64);
    const auto numbers = philox4x32({counter, 0, 0, 0}, key);
    INFO("bit " << i);
    REQUIRE(bits[static_cast<std::size_t>(i)] == (numbers[static_cast<std::size_t>(row % 4)] >= threshold));
  }
}

TEST_CASE("bits are 0 as often as asked") {
  constexpr Index size = 200000;
  for (const double probability : {0., 0.1, 0.5, 0.9}) {
    CAPTURE(probability);
    const double ones = share_of_ones(drawn(size, probability, {7, 8}));
    const double deviation = std::sqrt(probability * (1 - probability) / size);
    CHECK(std::abs(ones - (1 - probability)) <= 4 * deviation);
  }
}

TEST_CASE("another key gives other bits") {
  const auto bits = drawn(1000, 0.5, {1, 1});
  CHECK(bits == drawn(1000, 0.5, {1, 1}));
  CHECK(bits != drawn(1000, 0.5, {2, 1}));
  CHECK(bits != drawn(1000, 0.5, {1, 2}));
}

TEST_CASE("random masks are the same bits for any number of threads") {
  check_thread_counts([] { return drawn(30011, 0.4, {5, 6}); });
}
