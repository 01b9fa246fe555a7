#include <doctest/doctest.h>

#include <pupil/kernels/pointwise/add.hpp>

#include "support/files.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("add_to adds element by element, over more than one range of work") {
  Rng rng(1);
  for (const Index size : {0, 1, 7, 100'003}) {
    CAPTURE(size);
    auto sum = random_tensor<float>(Shape{size}, rng);
    const auto before = sum;
    const auto term = random_tensor<float>(Shape{size}, rng);
    kernels::add_to(sum, term);
    bool right = true;
    for (Index i = 0; i < size; ++i) right = right && sum[i] == before[i] + term[i];
    CHECK(right);
  }
}

TEST_CASE("a tensor may be added to itself") {
  Tensor<double, 2> doubled({1, 3}, {1, -2, 0.5});
  kernels::add_to(doubled, doubled);
  CHECK(doubled == Tensor<double, 2>({1, 3}, {2, -4, 1}));
}

TEST_CASE("add_to gives the same bits for any number of threads") {
  check_thread_counts([] {
    Rng rng(2);
    auto sum = random_tensor<float>(Shape{3, 50'000}, rng);
    kernels::add_to(sum, random_tensor<float>(Shape{3, 50'000}, rng));
    return sum;
  });
}

TEST_CASE("add_to names both shapes where they differ, even where the sizes are the same") {
  Tensor<float, 2> sum({2, 3});
  CHECK(error_of<ShapeError>([&] {
          kernels::add_to(sum, Tensor<float, 2>({3, 2}));
        }) == "add: [2, 3] and [3, 2] are not the same");
}
