#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/pointwise/bit_mask.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;
using kernels::BitMask;

namespace {

constexpr auto positive = [](auto x) { return x > 0; };
constexpr auto doubled = [](auto x) { return x + x; };

/// Every bit of the mask.
std::vector<bool> bits(const BitMask& mask) {
  std::vector<bool> all;
  for (Index i = 0; i < mask.size(); ++i) all.push_back(mask[i]);
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("a mask keeps one bit an element, whatever the size", T, float, double) {
  Rng rng(1);
  for (const Index size : {0, 1, 63, 64, 65, 2047, 2048, 2049, 10000}) {
    CAPTURE(size);
    const auto x = random_tensor<T>(Shape{size}, rng);
    auto values = x;
    BitMask mask;
    kernels::map_and_mask(values.data(), size, positive, doubled, mask);
    REQUIRE(mask.size() == size);
    bool right = true;
    for (Index i = 0; i < size; ++i) right = right && mask[i] == (x[i] > 0) && values[i] == 2 * x[i];
    CHECK(right);
  }
}

TEST_CASE_TEMPLATE("applying a mask scales what it keeps and zeroes the rest", T, float, double) {
  Rng rng(2);
  for (const Index size : {1, 2048, 5000}) {
    CAPTURE(size);
    const auto x = random_tensor<T>(Shape{size}, rng);
    auto values = x;
    BitMask mask;
    kernels::map_and_mask(
        values.data(), size, positive, [](T value) { return value; }, mask);
    kernels::apply_mask(mask, T{3}, values.data());
    bool right = true;
    for (Index i = 0; i < size; ++i) right = right && values[i] == (x[i] > 0 ? 3 * x[i] : 0);
    CHECK(right);
  }
}

TEST_CASE("a mask zeroes even what is not a number") {
  Tensor<float, 1> selection({3}, {-1, 1, -1});
  BitMask mask;
  kernels::map_and_mask(selection.data(), 3, positive, doubled, mask);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Tensor<float, 1> values({3}, {std::numeric_limits<float>::quiet_NaN(), 5, -infinity});
  kernels::apply_mask(mask, 1.F, values.data());
  CHECK(values == Tensor<float, 1>({3}, {0, 5, 0}));
}

TEST_CASE("nothing is read or written beyond the last element") {
  Tensor<float, 1> values({3}, {1, -1, 7});
  BitMask mask;
  kernels::map_and_mask(values.data(), 2, positive, doubled, mask);
  kernels::apply_mask(mask, 1.F, values.data());
  CHECK(values == Tensor<float, 1>({3}, {2, 0, 7}));
}

TEST_CASE("a mask takes a 32nd of the memory of its floats, and gives its memory to the next of its size") {
  const Index size = 64 * BitMask::block_size;
  Tensor<float, 1> values({size});
  BitMask mask;
  const auto before = StoragePool::instance().statistics().bytes_in_use;
  kernels::map_and_mask(values.data(), size, positive, doubled, mask);
  const auto after = StoragePool::instance().statistics().bytes_in_use;
  CHECK(after - before == static_cast<std::size_t>(size) / 8);
  const auto* const memory = mask.block(0);
  kernels::map_and_mask(values.data(), size, positive, doubled, mask);
  CHECK(mask.block(0) == memory);
}

TEST_CASE("masks and what they leave are the same bits for any number of threads") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{100003}, rng);
  check_thread_counts([&] {
    auto values = x;
    BitMask mask;
    kernels::map_and_mask(values.data(), values.size(), positive, doubled, mask);
    kernels::apply_mask(mask, 0.5F, values.data());
    return std::pair(values, bits(mask));
  });
}
