#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/models/resnet.hpp>
#include <pupil/nn/summary.hpp>

#include "parameter_gradients.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("ResNets have as many parameters as torchvision's without their classifiers") {
  Rng rng(1);
  ResNet<float> network18(resnet18_options, rng);
  CHECK(count_parameters(network18) == 11'176'512);
  ResNet<float> network50(resnet50_options, rng);
  CHECK(count_parameters(network50) == 23'508'032);
}

TEST_CASE("parameters and running statistics have torchvision's names") {
  Rng rng(2);
  ResNet<float> network({.width = 1}, rng);
  std::set<std::string> names;
  network.visit([&](const Name& name, auto&) { CHECK(names.insert(name.str()).second); });

  std::set<std::string> expected{"conv1.weight"};
  const auto expect_norm = [&](const std::string& norm) {
    for (const std::string part : {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}) {
      expected.insert(norm + "." + part);
    }
  };
  expect_norm("bn1");
  for (int stage = 1; stage <= 4; ++stage) {
    for (int block = 0; block < 2; ++block) {
      const std::string prefix = "layer" + std::to_string(stage) + "." + std::to_string(block);
      for (const std::string number : {"1", "2"}) {
        expected.insert(prefix + ".conv" + number + ".weight");
        expect_norm(prefix + ".bn" + number);
      }
      if (stage > 1 && block == 0) {
        expected.insert(prefix + ".downsample.0.weight");
        expect_norm(prefix + ".downsample.1");
      }
    }
  }
  CHECK(names == expected);
}

TEST_CASE("blocks in each stage are as many as the options say") {
  Rng rng(3);
  ResNet<float> network({.blocks = resnet34_options.blocks, .width = 1}, rng);
  int convolutions = 0;
  for_each_parameter(network, [&](const Name&, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter.value), Tensor<float, 4>>) ++convolutions;
  });
  CHECK(convolutions == 1 + 2 * (3 + 4 + 6 + 3) + 3);
}

TEST_CASE("gradients of a tiny residual network agree with differences") {
  Rng rng(4);
  const ResNet<double> network({.width = 2}, rng);
  CHECK(check_network_gradients(network, random_tensor<double>(Shape{3, 32, 32, 3}, rng), rng,
                                {.step = 1e-6, .tolerance = 5e-6, .most_elements = 5}) == 60);
}

TEST_CASE("so they do for pictures that no stride divides") {
  Rng rng(5);
  const ResNet<double> network({.blocks = {1, 1, 1, 1}, .bottleneck = true, .width = 2}, rng);
  check_network_gradients(network, random_tensor<double>(Shape{4, 19, 37, 3}, rng), rng,
                          {.step = 1e-6, .tolerance = 5e-6, .most_elements = 8});
}

TEST_CASE("any picture gives features, down to one pixel") {
  Rng rng(6);
  const ResNet<float> network({.width = 2}, rng);
  for (const Shape<4> shape : {Shape{1, 1, 1, 3}, Shape{2, 5, 64, 3}, Shape{1, 33, 31, 3}}) {
    CAPTURE(shape);
    CHECK(network.pooled(random_tensor<float>(shape, rng)).shape() == Shape{shape[0], Index{16}});
  }
}

TEST_CASE("inference sees each picture by itself") {
  Rng rng(7);
  const ResNet<double> network({.width = 1}, rng);
  const auto images = random_tensor<double>(Shape{3, 32, 32, 3}, rng);
  const auto together = network.pooled(images);
  for (Index i = 0; i < 3; ++i) {
    auto one = Tensor<double, 4>::uninitialized({1, 32, 32, 3});
    std::copy_n(images.data() + i * one.size(), one.size(), one.data());
    const auto alone = network.pooled(one);
    for (Index f = 0; f < 8; ++f) CHECK(alone(0, f) == doctest::Approx(together(i, f)).epsilon(1e-12));
  }
}

TEST_CASE("filters begin normal with variance 2 / fan out") {
  Rng rng(8);
  ResNet<double> network({.width = 32}, rng);
  for_each_parameter(network, [&](const Name& name, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter.value), Tensor<double, 4>>) {
      const auto& shape = parameter.value.shape();
      double squares = 0;
      for (const double value : parameter.value) squares += value * value;
      INFO(name.str());
      const double variance = 2.0 / static_cast<double>(shape[0] * shape[1] * shape[2]);
      CHECK(squares / static_cast<double>(parameter.value.size()) == doctest::Approx(variance).epsilon(0.15));
    }
  });
}

TEST_CASE("a summary of ResNet-18 has its layers, its parameters and its work") {
  Rng rng(9);
  ResNet<float> network({}, rng);
  const ModelSummary table = summary(network, Shape{1, 224, 224, 3});
  CHECK(table.parameters() == 11'176'512);
  CHECK(table.buffers() == 9'620);
  CHECK(table.multiply_adds() == 1'814'073'344 - 512 * 1000);  // the 1.814 G that are quoted everywhere, less the head
  Index parameters = 0;
  for (const LayerSummary& layer : table.layers()) parameters += layer.parameters;
  CHECK(parameters == table.parameters());
  CHECK(table.layers().front().output_shape == "[1, 112, 112, 64]");
  CHECK(table.layers()[4].name == "layer1.0.conv1");
  CHECK(table.layers().back().name == "avgpool");
  CHECK(table.layers().back().output_shape == "[1, 512]");
}

TEST_CASE("SAME padding moves what a ResNet sees by its strides, and keeps the sizes") {
  Rng rng(10);
  Rng same_rng(10);
  const ResNet<float> plain({.blocks = {1, 1, 1, 1}, .width = 2, .image_size = 64}, rng);
  const ResNet<float> same({.blocks = {1, 1, 1, 1}, .width = 2, .image_size = 64, .same_padding = true}, same_rng);
  const auto image = random_tensor<float>(Shape{1, 64, 64, 3}, rng);
  CHECK(plain.grid(image).shape() == Shape{1, 2, 2, 16});
  CHECK(same.grid(image).shape() == Shape{1, 2, 2, 16});
  CHECK_FALSE(plain.grid(image) == same.grid(image));
}
