#include <doctest/doctest.h>

#include <pupil/models/vgg16.hpp>

#include "../support/files.hpp"
#include "parameter_gradients.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("VGG16 has as many parameters as torchvision's without its last layer") {
  Rng rng(1);
  Vgg16<float> network({.width = 4}, rng);  // a sixteenth of all channels
  Index convolutions = 0;
  Index parameters = 0;
  for_each_parameter(network, [&](const Name&, auto& parameter) {
    convolutions += parameter.value.rank == 4 ? 1 : 0;
    parameters += parameter.value.size();
  });
  CHECK(convolutions == 13);
  CHECK(parameters == 57'828 + (49 * 32 + 1) * 256 + (256 + 1) * 256);
  CHECK(network.grid_shape({1, 224, 224, 3}) == Shape{1, 7, 7, 32});
  CHECK(network.pooled_shape({1, 224, 224, 3}) == Shape{1, 256});
}

TEST_CASE("gradients of a tiny VGG16 agree with differences") {
  Rng rng(2);
  Vgg16<double> network({.width = 1, .batch_norm = true, .frozen_statistics = true}, rng);
  move_off_kinks(network, rng);
  check_network_gradients(network, random_tensor<double>(Shape{1, 32, 32, 3}, rng), rng,
                          {.step = 1e-7, .tolerance = 2e-5, .most_elements = 2});
}

TEST_CASE("images that VGG16 would halve to nothing are refused") {
  Rng rng(3);
  const Vgg16<float> network({.width = 1}, rng);
  CHECK(contains(error_of<ShapeError>([&] {
                   network.grid(Tensor<float, 4>({1, 31, 40, 3}));
                 }),
                 "is smaller than the window"));
}
