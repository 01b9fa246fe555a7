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
    const SmallCnn<double> network({.image_size = image_size, .width = 2, .out_features = 3}, rng);
    CHECK(check_network_gradients(network, random_tensor<double>(Shape{3, image_size, image_size, 3}, rng), rng,
                                  {.step = 1e-6, .tolerance = 2e-6, .most_elements = 60}) == 14);
  }
}

TEST_CASE("the small network takes pictures of its size, down to one pixel") {
  Rng rng(1);
  for (const Index image_size : {1, 2, 7, 8, 9, 64}) {
    CAPTURE(image_size);
    const SmallCnn<float> network({.image_size = image_size, .width = 2, .out_features = 5}, rng);
    CHECK(network.forward(Tensor<float, 4>({2, image_size, image_size, 3})).shape() == Shape{2, 5});
  }
}

TEST_CASE("the small network names both sides where a picture has another size") {
  Rng rng(2);
  const SmallCnn<float> network({.image_size = 16, .width = 2, .out_features = 5}, rng);
  CHECK_THROWS_AS(network.forward(Tensor<float, 4>({1, 32, 32, 3})), ShapeError);
  CHECK_THROWS_AS(network.forward(Tensor<float, 4>({1, 16, 16, 1})), ShapeError);
}

TEST_CASE("the small network tells where in the picture something is") {
  Rng rng(3);
  const SmallCnn<float> network({.image_size = 64, .width = 8, .out_features = 5}, rng);
  Tensor<float, 4> left({1, 64, 64, 3});
  Tensor<float, 4> right({1, 64, 64, 3});
  left(0, 32, 8, 0) = 1;
  right(0, 32, 40, 0) = 1;
  CHECK_FALSE(network.forward(left) == network.forward(right));
}

TEST_CASE("a summary of the small network has its layers and its parameters") {
  Rng rng(4);
  SmallCnn<float> network({.image_size = 17, .width = 2, .out_features = 5}, rng);
  const ModelSummary table = summary(network, Shape{3, 17, 17, 3});
  CHECK(table.layers().size() == 14);
  CHECK(table.layers().back().output_shape == "[3, 5]");
  CHECK(table.parameters() == count_parameters(network));
  CHECK(table.layers().front().multiply_adds == 3 * 9 * 9 * 2 * 27);
}
