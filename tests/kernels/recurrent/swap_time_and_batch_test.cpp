#include <doctest/doctest.h>

#include <pupil/kernels/recurrent/swap_time_and_batch.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("time and batch change places, and come back") {
  Rng rng(1);
  for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{3, 2, 5}, Shape{0, 4, 2}, Shape{2, 7, 1}}) {
    CAPTURE(shape);
    const auto x = random_tensor<float>(shape, rng);
    const auto swapped = kernels::swap_time_and_batch(x);
    REQUIRE(swapped.shape() == Shape{shape[1], shape[0], shape[2]});
    for (Index t = 0; t < shape[0]; ++t) {
      for (Index b = 0; b < shape[1]; ++b) {
        for (Index f = 0; f < shape[2]; ++f) REQUIRE(swapped(b, t, f) == x(t, b, f));
      }
    }
    CHECK(kernels::swap_time_and_batch(swapped) == x);
  }
}

TEST_CASE("time and batch change places alike on any number of threads") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{40, 30, 101}, rng);
  check_thread_counts([&] { return kernels::swap_time_and_batch(x); });
}
