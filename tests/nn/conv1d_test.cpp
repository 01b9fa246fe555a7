#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

struct Conv1dCase {
  Shape<3> input;
  Conv1dOptions options;
};

/// Shapes at the edges: one step, strides that do not divide, dilation, groups, padding wider than reach.
std::vector<Conv1dCase> odd_conv1d_cases() {
  return {
      {{1, 1, 1}, {.in_channels = 1, .out_channels = 1}},
      {{2, 1, 3}, {.in_channels = 3, .out_channels = 2, .kernel_size = 3, .padding = 1}},
      {{2, 7, 3}, {.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = 2}},
      {{1, 9, 2}, {.in_channels = 2, .out_channels = 5, .kernel_size = 4, .stride = 3, .padding = 1, .bias = false}},
      {{1, 9, 2}, {.in_channels = 2, .out_channels = 3, .stride = 2}},
      {{2, 8, 2}, {.in_channels = 2, .out_channels = 2, .kernel_size = 3, .padding = 3, .dilation = 3}},
      {{2, 6, 6}, {.in_channels = 6, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = 1, .groups = 2}},
      {{2, 6, 5}, {.in_channels = 5, .out_channels = 5, .kernel_size = 3, .padding = 1, .groups = 5}},
      {{1, 5, 3}, {.in_channels = 3, .out_channels = 6, .kernel_size = 2, .stride = 2, .padding = 1, .groups = 3}},
  };
}

}  // namespace

TEST_CASE("conv1d is conv2d on images of height 1") {
  for (const Conv1dCase& test : odd_conv1d_cases()) {
    CAPTURE(test.input);
    const Conv1dOptions& o = test.options;
    Rng rng(1);
    Conv1d<double> sequence_layer(o, rng);
    rng = Rng(1);  // the same weights
    Conv2d<double> image_layer({.in_channels = o.in_channels,
                                .out_channels = o.out_channels,
                                .kernel_size = {1, o.kernel_size},
                                .stride = {1, o.stride},
                                .padding = {0, o.padding},
                                .dilation = {1, o.dilation},
                                .groups = o.groups,
                                .bias = o.bias},
                               rng);
    const auto x = random_tensor<double>(test.input, rng);
    const auto images = x.reshaped(Shape{test.input[0], Index{1}, test.input[1], test.input[2]});
    const auto y = std::as_const(sequence_layer).forward(x);
    CHECK(y == std::as_const(image_layer).forward(images).reshaped(y.shape()));
    Conv1d<double>::Context context;
    CHECK(sequence_layer.forward(x, context) == y);
  }
}

TEST_CASE("conv1d gradients agree with differences") {
  Rng rng(2);
  for (const Conv1dCase& test : odd_conv1d_cases()) {
    CAPTURE(test.input);
    check_gradients(Conv1d<double>(test.options, rng), random_tensor<double>(test.input, rng), rng);
  }
}

TEST_CASE_TEMPLATE("conv1d computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("convolution");
  Rng rng(3);
  const auto check = [&](const std::string& name, const Conv1dOptions& options) {
    check_golden_layer<T, 3, 3>(file, name, Conv1d<T>(options, rng));
  };
  check("1d plain", {.in_channels = 3, .out_channels = 4, .kernel_size = 3});
  check("1d strided",
        {.in_channels = 2, .out_channels = 3, .kernel_size = 4, .stride = 3, .padding = 2, .bias = false});
  check("1d dilated", {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = 1, .dilation = 3});
  check("1d grouped", {.in_channels = 4, .out_channels = 6, .kernel_size = 3, .padding = 1, .groups = 2});
  check("1d depthwise",
        {.in_channels = 3, .out_channels = 6, .kernel_size = 3, .stride = 2, .padding = 2, .groups = 3});
}

TEST_CASE("conv1d may be used twice in one model") {
  Rng rng(5);
  check_used_twice(Conv1d<float>({.in_channels = 3, .out_channels = 2, .kernel_size = 3}, rng),
                   random_tensor<float>(Shape{2, 7, 3}, rng), random_tensor<float>(Shape{1, 4, 3}, rng));
}

TEST_CASE("conv1d names both sides of what does not fit") {
  Rng rng(6);
  Conv1d<float> conv({.in_channels = 3, .out_channels = 4, .kernel_size = 5, .padding = 1}, rng);
  CHECK_THROWS_WITH_AS(conv.forward(Tensor<float, 3>({8, 32, 4})),
                       "conv1d: input has 4 channels, the layer was made for 3 (input [8, 32, 4])", ShapeError);
  CHECK_THROWS_WITH_AS(conv.forward(Tensor<float, 3>({8, 2, 3})),
                       "conv1d: input [8, 2, 3] padded by 1 is shorter than the kernel 5 with dilation 1", ShapeError);
  Conv1d<float>::Context context;
  conv.forward(Tensor<float, 3>({2, 7, 3}), context);
  CHECK_THROWS_WITH_AS(conv.backward(Tensor<float, 3>({2, 7, 4}), context),
                       "conv1d: the gradient [2, 7, 4] does not fit the output [2, 5, 4]", ShapeError);
  const auto error = [&](const Conv1dOptions& options) {
    try {
      Conv1d<float>(options, rng);
    } catch (const OptionError& thrown) {
      return std::string(thrown.what());
    }
    return std::string("no error");
  };
  CHECK(error({.in_channels = 0, .out_channels = 4}) == "conv1d: cannot map 0 channels to 4, each must be at least 1");
  CHECK(error({.in_channels = 3, .out_channels = 4, .kernel_size = 0}) == "conv1d: kernel_size is 0, not at least 1");
  CHECK(error({.in_channels = 3, .out_channels = 4, .stride = 0}) == "conv1d: stride is 0, not at least 1");
  CHECK(error({.in_channels = 3, .out_channels = 4, .padding = -1}) == "conv1d: padding is -1, not at least 0");
  CHECK(error({.in_channels = 3, .out_channels = 4, .dilation = 0}) == "conv1d: dilation is 0, not at least 1");
  CHECK(error({.in_channels = 3, .out_channels = 4, .groups = 2}) == "conv1d: 2 groups do not divide 3 and 4 channels");
}
