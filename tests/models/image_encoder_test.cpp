#include <string>

#include <doctest/doctest.h>

#include <pupil/models/image_encoder.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

template <class Model>
std::string first_parameter(Model& model) {
  std::string first;
  for_each_parameter(model, [&](const Name& name, auto&) {
    if (first.empty()) first = name.str();
  });
  return first;
}

template <class Model>
Tensor<float, 4> first_convolution_gradient(Model& model) {
  Tensor<float, 4> gradient;
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter.value), Tensor<float, 4>>) {
      if (name.str() == "conv1.weight") gradient = parameter.gradient;
    }
  });
  return gradient;
}

}  // namespace

TEST_CASE("every network that is named can be had, and gives as many features as are asked for") {
  for (const std::string_view network : encoder_networks) {
    CAPTURE(network);
    Rng rng(1);
    const ImageEncoder<float> encoder(
        {.network = std::string(network), .image_size = 32, .width = 2, .out_features = 11}, rng);
    CHECK(encoder.forward(Tensor<float, 4>({2, 32, 32, 3})).shape() == Shape{2, 11});
  }
}

TEST_CASE("the encoder is the network of that name, with its parameters, and a batch norm") {
  Rng rng(2);
  Rng same(2);
  ImageEncoder<float> encoder({.network = "resnet18", .image_size = 32, .width = 2, .out_features = 3}, rng);
  ResNet<float> network({.width = 2, .out_features = 3}, same);
  BatchNorm2d<float> norm({.num_features = 3});
  CHECK(first_parameter(encoder) == "conv1.weight");
  CHECK(count_parameters(encoder) == count_parameters(network) + count_parameters(norm));
  const auto images = random_tensor<float>(Shape{2, 32, 32, 3}, rng);
  CHECK(encoder.forward(images) == std::as_const(norm).forward(network.forward(images)));

  ImageEncoder<float>::Context context;
  ResNet<float>::Context network_context;
  BatchNorm2d<float>::Context norm_context;
  CHECK(encoder.forward(images, context) == norm.forward(network.forward(images, network_context), norm_context));
  const auto dy = random_tensor<float>(Shape{2, 3}, rng);
  encoder.backward(dy, context);
  network.backward(norm.backward(dy, norm_context), network_context);
  CHECK(first_convolution_gradient(encoder) == first_convolution_gradient(network));
  CHECK(first_convolution_gradient(network) != Tensor<float, 4>({2, 7, 7, 3}));
}

TEST_CASE("an encoder is not trained on one image at a time") {
  Rng rng(6);
  ImageEncoder<float> encoder({.network = "small", .image_size = 16, .width = 2, .out_features = 3}, rng);
  ImageEncoder<float>::Context context;
  CHECK(error_of<ShapeError>([&] {
          encoder.forward(Tensor<float, 4>({1, 16, 16, 3}), context);
        }) == "encoder: training needs two images or more at a time (input [1, 16, 16, 3])");
}

TEST_CASE("a width of 0 is the network's own") {
  Rng rng(3);
  ImageEncoder<float> own({.network = "small", .image_size = 16, .width = 0, .out_features = 3}, rng);
  ImageEncoder<float> given({.network = "small", .image_size = 16, .width = 32, .out_features = 3}, rng);
  CHECK(count_parameters(own) == count_parameters(given));
}

TEST_CASE("a context that another network used is made anew") {
  Rng rng(4);
  ImageEncoder<float> residual({.network = "resnet18", .image_size = 32, .width = 2, .out_features = 3}, rng);
  ImageEncoder<float> small({.network = "small", .image_size = 32, .width = 2, .out_features = 3}, rng);
  ImageEncoder<float>::Context context;
  for (ImageEncoder<float>* const encoder : {&residual, &small, &residual}) {
    const auto features = encoder->forward(Tensor<float, 4>({2, 32, 32, 3}), context);
    CHECK_NOTHROW(encoder->backward(features, context));
  }
}

TEST_CASE("a network that there is not is named") {
  Rng rng(5);
  CHECK(error_of<OptionError>([&] { ImageEncoder<float>({.network = "vgg"}, rng); }) ==
        "encoder: no network is called \"vgg\"; there are resnet18 and small");
  CHECK(contains(error_of<OptionError>([&] { ImageEncoder<float>({.image_size = 0}, rng); }), "image_size is 0"));
  CHECK(contains(error_of<OptionError>([&] { ImageEncoder<float>({.width = -1}, rng); }), "width is -1"));
}
