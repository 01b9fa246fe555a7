#include <doctest/doctest.h>

#include <pupil/kernels/resample/pixel_shuffle.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

TEST_CASE("every number of a shuffled image comes from the channel that its place in the square says") {
  Rng rng(1);
  for (const Index factor : {1, 2, 3}) {
    CAPTURE(factor);
    const Shape<4> small{2, 3, 4, 5 * factor * factor};
    const auto x = random_tensor<float>(small, rng);
    auto y = Tensor<float, 4>::uninitialized({2, 3 * factor, 4 * factor, 5});
    pixel_shuffle(x, factor, y);
    for (Index n = 0; n < 2; ++n) {
      for (Index row = 0; row < 3 * factor; ++row) {
        for (Index column = 0; column < 4 * factor; ++column) {
          for (Index c = 0; c < 5; ++c) {
            const Index channel = (c * factor + row % factor) * factor + column % factor;
            REQUIRE(y(n, row, column, c) == x(n, row / factor, column / factor, channel));
          }
        }
      }
    }
    auto back = Tensor<float, 4>::uninitialized(small);
    pixel_unshuffle(y, factor, back);
    CHECK(back == x);
  }
}

TEST_CASE("shuffled pixels are the same for any number of threads") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 37, 29, 36}, rng);
  check_thread_counts([&] {
    auto y = Tensor<float, 4>::uninitialized({3, 74, 58, 9});
    pixel_shuffle(x, 2, y);
    return y;
  });
}
