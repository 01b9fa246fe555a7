#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/bottleneck.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("bottleneck gradients agree with differences, whatever the shortcut is") {
  for (const BottleneckOptions& options :
       {BottleneckOptions{.in_channels = 4, .hidden_channels = 2, .out_channels = 4},
        BottleneckOptions{.in_channels = 3, .hidden_channels = 2, .out_channels = 4},
        BottleneckOptions{.in_channels = 4, .hidden_channels = 2, .out_channels = 4, .stride = 2}}) {
    CAPTURE(options.in_channels);
    CAPTURE(options.stride);
    Rng rng(1);
    const Bottleneck<double> block(options, rng);
    check_gradients(block, random_tensor<double>(Shape{3, 5, 4, options.in_channels}, rng), rng,
                    {.step = 1e-6, .tolerance = 5e-6, .most_elements = 40});
  }
}

TEST_CASE("the 3x3 convolution of a bottleneck has the stride, and parameters have torchvision's names") {
  Rng rng(2);
  Bottleneck<float> block({.in_channels = 3, .hidden_channels = 2, .out_channels = 8, .stride = 2}, rng);
  CHECK(block.forward(Tensor<float, 4>({1, 7, 8, 3})).shape() == Shape{1, 4, 4, 8});
  CHECK(block.output_shape(Shape{1, 7, 8, 3}) == Shape{1, 4, 4, 8});
  std::vector<std::string> weights;
  for_each_parameter(block, [&](const Name& name, auto& parameter) {
    if (parameter.value.rank == 4) weights.push_back(message(name.str(), " ", parameter.value.shape()));
  });
  CHECK(weights == std::vector<std::string>{"conv1.weight [2, 1, 1, 3]", "conv2.weight [2, 3, 3, 2]",
                                            "conv3.weight [8, 1, 1, 2]", "downsample.0.weight [8, 1, 1, 3]"});
}
