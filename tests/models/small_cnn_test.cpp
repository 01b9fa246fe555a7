#include <utility>

#include <doctest/doctest.h>

#include <pupil/models/small_cnn.hpp>
#include <pupil/nn/summary.hpp>

#include "parameter_gradients.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("gradients of the small network agree with differences") {
  for (const Index image_size : {8, 13, 17}) {
    CAPTURE(image_size);
    Rng rng(static_cast<std::uint64_t>(image_size));
    const SmallCnn<double> network({.width = 2}, rng);
    CHECK(check_network_gradients(network, random_tensor<double>(Shape{3, image_size, image_size, 3}, rng), rng,
                                  {.step = 1e-6, .tolerance = 2e-6, .most_elements = 60}) == 12);
  }
}

TEST_CASE("the small network takes pictures of any size, down to one pixel") {
  Rng rng(1);
  const SmallCnn<float> network({.width = 2}, rng);
  for (const Index image_size : {1, 2, 16, 17, 64}) {
    CAPTURE(image_size);
    const Index grid_size = (image_size + 15) / 16;
    const Tensor<float, 4> images({2, image_size, image_size, 3});
    CHECK(network.grid(images).shape() == Shape{2, grid_size, grid_size, 8});
    CHECK(network.pooled(images).shape() == Shape{2, 8 * grid_size * grid_size});
  }
}

TEST_CASE("the small network tells where in the picture something is") {
  Rng rng(3);
  const SmallCnn<float> network({.width = 8}, rng);
  Tensor<float, 4> left({1, 64, 64, 3});
  Tensor<float, 4> right({1, 64, 64, 3});
  left(0, 32, 8, 0) = 1;
  right(0, 32, 40, 0) = 1;
  CHECK_FALSE(network.pooled(left) == network.pooled(right));
}

TEST_CASE("a summary of the small network has its layers and its parameters") {
  Rng rng(4);
  SmallCnn<float> network({.width = 2}, rng);
  const ModelSummary table = summary(network, Shape{3, 17, 17, 3});
  CHECK(table.layers().size() == 13);
  CHECK(table.layers().back().output_shape == "[3, 32]");
  CHECK(table.parameters() == count_parameters(network));
  CHECK(table.layers().front().multiply_adds == 3 * 9 * 9 * 2 * 27);
}
