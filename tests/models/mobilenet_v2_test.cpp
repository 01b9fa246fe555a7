#include <doctest/doctest.h>

#include <pupil/models/mobilenet_v2.hpp>

#include "parameter_gradients.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("MobileNetV2 has as many parameters as torchvision's without its classifier") {
  Rng rng(1);
  MobileNetV2<float> network({}, rng);
  CHECK(count_parameters(network) == 3'504'872 - 1'281'000);
  CHECK(network.grid_shape({1, 224, 224, 3}) == Shape{1, 7, 7, 1280});
  MobileNetV2<float> quarter({.width = 8}, rng);
  CHECK(count_parameters(quarter) == 1'519'112 - 1'281'000);
}

TEST_CASE("gradients of a tiny MobileNetV2 with TensorFlow's padding agree with differences") {
  Rng rng(2);
  // Fifty batch norms over so few pixels would magnify every rounding.
  MobileNetV2<double> network({.width = 2, .image_size = 32, .same_padding = true, .frozen_statistics = true}, rng);
  move_off_kinks(network, rng);
  check_network_gradients(network, random_tensor<double>(Shape{2, 32, 32, 3}, rng), rng,
                          {.step = 1e-7, .tolerance = 2e-5, .most_elements = 1});
}
