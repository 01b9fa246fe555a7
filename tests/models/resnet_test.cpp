#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/models/resnet.hpp>
#include <pupil/nn/summary.hpp>

#include "parameter_gradients.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("ResNet-18 has as many parameters as torchvision's") {
  Rng rng(1);
  ResNet<float> network({}, rng);
  CHECK(count_parameters(network) == 11'689'512);
}

TEST_CASE("parameters and running statistics have torchvision's names") {
  Rng rng(2);
  ResNet<float> network({.width = 1, .out_features = 2}, rng);
  std::set<std::string> names;
  network.visit([&](const Name& name, auto&) { CHECK(names.insert(name.str()).second); });

  std::set<std::string> expected{"conv1.weight", "fc.weight", "fc.bias"};
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
  ResNet<float> network({.blocks = {3, 4, 6, 3}, .width = 1, .out_features = 2}, rng);  // ResNet-34
  int convolutions = 0;
  for_each_parameter(network, [&](const Name&, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter.value), Tensor<float, 4>>) ++convolutions;
  });
  CHECK(convolutions == 1 + 2 * (3 + 4 + 6 + 3) + 3);
}

TEST_CASE("gradients of a tiny residual network agree with differences") {
  Rng rng(4);
  const ResNet<double> network({.width = 2, .out_features = 3}, rng);
  CHECK(check_network_gradients(network, random_tensor<double>(Shape{3, 32, 32, 3}, rng), rng,
                                {.step = 1e-6, .tolerance = 5e-6, .most_elements = 5}) == 62);
}

TEST_CASE("so they do for pictures that no stride divides") {
  Rng rng(5);
  const ResNet<double> network({.blocks = {1, 1, 1, 1}, .width = 2, .out_features = 3}, rng);
  check_network_gradients(network, random_tensor<double>(Shape{4, 19, 37, 3}, rng), rng,
                          {.step = 1e-6, .tolerance = 5e-6, .most_elements = 8});
}

TEST_CASE("any picture gives features, down to one pixel") {
  Rng rng(6);
  const ResNet<float> network({.width = 2, .out_features = 7}, rng);
  for (const Shape<4> shape : {Shape{1, 1, 1, 3}, Shape{2, 5, 64, 3}, Shape{1, 33, 31, 3}}) {
    CAPTURE(shape);
    CHECK(network.forward(random_tensor<float>(shape, rng)).shape() == Shape{shape[0], Index{7}});
  }
}

TEST_CASE("inference sees each picture by itself") {
  Rng rng(7);
  const ResNet<double> network({.width = 2, .out_features = 5}, rng);
  const auto images = random_tensor<double>(Shape{3, 32, 32, 3}, rng);
  const auto together = network.forward(images);
  for (Index i = 0; i < 3; ++i) {
    auto one = Tensor<double, 4>::uninitialized({1, 32, 32, 3});
    std::copy_n(images.data() + i * one.size(), one.size(), one.data());
    const auto alone = network.forward(one);
    for (Index f = 0; f < 5; ++f) CHECK(alone(0, f) == doctest::Approx(together(i, f)).epsilon(1e-12));
  }
}

TEST_CASE("filters begin normal with variance 2 / fan out") {
  Rng rng(8);
  ResNet<double> network({.width = 32, .out_features = 2}, rng);
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
  CHECK(table.parameters() == 11'689'512);
  CHECK(table.buffers() == 9'620);
  CHECK(table.multiply_adds() == 1'814'073'344);  // the 1.814 G that are quoted everywhere
  Index parameters = 0;
  for (const LayerSummary& layer : table.layers()) parameters += layer.parameters;
  CHECK(parameters == table.parameters());
  CHECK(table.layers().front().output_shape == "[1, 112, 112, 64]");
  CHECK(table.layers().back().name == "fc");
  CHECK(table.layers().back().output_shape == "[1, 1000]");
}
