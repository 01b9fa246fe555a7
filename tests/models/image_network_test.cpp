#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/models/image_network.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("every architecture gives a grid and pooled features of the shapes that it tells") {
  for (const std::string_view architecture : image_architectures) {
    CAPTURE(architecture);
    Rng rng(1);
    const ImageNetwork<float> network(
        {.architecture = std::string(architecture), .image_size = 33, .width = 2, .same_padding = true}, rng);
    const auto images = random_tensor<float>(Shape{2, 33, 33, 3}, rng);
    const auto grid = network.grid(images);
    const Shape<3> shape = network.grid_shape();
    CHECK(grid.shape() == Shape{2, shape[0], shape[1], shape[2]});
    CHECK(network.grid_channels() == shape[2]);
    const auto pooled = network.pooled(images);
    CHECK(pooled.shape() == Shape{2, network.pooled_size()});
    CHECK(network.pooled_of_grid(grid) == pooled);
  }
}

TEST_CASE("a width of 0 is the network's own") {
  Rng rng(3);
  ImageNetwork<float> own({.architecture = "small", .image_size = 16}, rng);
  ImageNetwork<float> given({.architecture = "small", .image_size = 16, .width = 32}, rng);
  CHECK(count_parameters(own) == count_parameters(given));
}

TEST_CASE("a context that another network used is made anew") {
  Rng rng(4);
  ImageNetwork<float> residual({.architecture = "resnet18", .image_size = 32, .width = 2}, rng);
  ImageNetwork<float> small({.architecture = "small", .image_size = 32, .width = 2}, rng);
  ImageNetwork<float>::Context context;
  for (ImageNetwork<float>* const network : {&residual, &small, &residual}) {
    const auto features = network->forward(Tensor<float, 4>({2, 32, 32, 3}), context);
    CHECK_NOTHROW(network->backward(features, context));
  }
}

TEST_CASE("a context of one network's forward is not overwritten by another network") {
  Rng rng(4);
  ImageNetwork<float> residual({.architecture = "resnet18", .image_size = 32, .width = 2}, rng);
  ImageNetwork<float> small({.architecture = "small", .image_size = 32, .width = 2}, rng);
  ImageNetwork<float>::Context context;
  const Tensor<float, 4> images({2, 32, 32, 3});
  for (int i = 0; i < 2; ++i) residual.forward(images, context, residual.block_count());  // nothing is trained
  residual.forward(images, context);
  CHECK_THROWS_AS(small.forward(images, context), ContextError);
  CHECK_NOTHROW(small.forward(images, context));
}

TEST_CASE("the way back refuses the context of no forward, of another network, and of other blocks") {
  Rng rng(5);
  const auto network = [&](const char* architecture) {
    return ImageNetwork<float>({.architecture = architecture, .image_size = 32, .width = 2}, rng);
  };
  auto resnet18 = network("resnet18"), resnet50 = network("resnet50"), small = network("small");
  ImageNetwork<float>::Context context;
  const auto refused = [&](ImageNetwork<float>& other, const char* message) {
    CHECK_THROWS_WITH_AS(other.backward(Tensor<float, 2>({2, other.pooled_size()}), context), message, ContextError);
  };
  refused(resnet18, "image_network: backward needs the context of a forward, and this one holds none");
  resnet18.forward(Tensor<float, 4>({2, 32, 32, 3}), context);
  refused(small, "image_network: the context is not of a forward of this image_network");
  CHECK_THROWS_AS(resnet50.backward(Tensor<float, 2>({2, resnet50.pooled_size()}), context), Error);
}

TEST_CASE("frozen statistics stay, and training sees what inference sees") {
  Rng rng(5);
  ImageNetwork<float> network({.architecture = "resnet18", .image_size = 32, .width = 2, .frozen_statistics = true},
                              rng);
  const auto images = random_tensor<float>(Shape{1, 32, 32, 3}, rng);
  const auto before = network.pooled(images);
  ImageNetwork<float>::Context context;
  CHECK(network.forward(images, context) == before);
  CHECK(network.pooled(images) == before);
}

TEST_CASE("blocks are found by the names that torchvision's modules have") {
  Rng rng(6);
  const ImageNetwork<float> network({.architecture = "resnet50", .image_size = 32, .width = 1}, rng);
  CHECK(network.block_index("conv1") == 0);
  CHECK(network.block_index("layer1") == 1);
  CHECK(network.block_index("layer4") == 1 + 3 + 4 + 6);
  CHECK(network.block_index("layer4.2") == 1 + 3 + 4 + 6 + 2);
  const auto error = error_of<OptionError>([&] { (void)network.block_index("layer5"); });
  CHECK(error.starts_with("block_chain: no block is called \"layer5\"; there are conv1, layer1.0, layer1.1, "));
}

TEST_CASE("what an image network is not made for is named") {
  Rng rng(7);
  CHECK(contains(error_of<OptionError>([&] { ImageNetwork<float>({.architecture = "vgg"}, rng); }),
                 "image_network: no network is called \"vgg\"; there are "));
  CHECK(error_of<OptionError>([&] { ImageNetwork<float>({.image_size = 0}, rng); }) ==
        "image_network: image_size is 0");
  CHECK(error_of<OptionError>([&] { ImageNetwork<float>({.width = -1}, rng); }) == "image_network: width is -1");
  const ImageNetwork<float> network({.architecture = "small", .image_size = 16, .width = 2}, rng);
  CHECK(error_of<ShapeError>([&] {
          network.grid(Tensor<float, 4>({2, 16, 17, 3}));
        }) == "image_network: images are [2, 16, 17, 3], it was made for [2, 16, 16, 3]");
}
