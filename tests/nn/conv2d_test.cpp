#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/lstm.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

struct Conv2dCase {
  Shape<4> input;
  Conv2dOptions options;
};

/// Shapes at the edges: one pixel, strides that do not divide, unequal sides, dilation, groups, padding wider than
/// reach.
std::vector<Conv2dCase> odd_conv2d_cases() {
  return {
      {{1, 1, 1, 1}, {.in_channels = 1, .out_channels = 1}},
      {{2, 1, 1, 3}, {.in_channels = 3, .out_channels = 2, .kernel_size = 3, .padding = 1}},
      {{2, 5, 6, 3}, {.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = 1}},
      {{1, 7, 8, 2}, {.in_channels = 2, .out_channels = 5, .kernel_size = 3, .stride = 2, .padding = 1}},
      {{1, 8, 7, 2}, {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .stride = 3}},
      {{1, 5, 5, 2}, {.in_channels = 2, .out_channels = 3, .kernel_size = 1, .stride = 2, .bias = false}},
      {{1, 9, 11, 3}, {.in_channels = 3, .out_channels = 2, .kernel_size = 7, .stride = 2, .padding = 3}},
      {{1, 6, 9, 2}, {.in_channels = 2, .out_channels = 2, .kernel_size = {3, 2}, .padding = {1, 0, 2, 1}}},
      {{1, 9, 8, 2}, {.in_channels = 2, .out_channels = 2, .kernel_size = 3, .padding = 2, .dilation = {2, 3}}},
      {{1, 9, 9, 2}, {.in_channels = 2, .out_channels = 2, .kernel_size = 3, .stride = 2, .padding = 2, .dilation = 2}},
      {{1, 9, 9, 1}, {.in_channels = 1, .out_channels = 1, .kernel_size = 4, .stride = {6, 4}, .dilation = {1, 2}}},
      {{2, 5, 5, 6}, {.in_channels = 6, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = 1, .groups = 2}},
      {{2, 1, 1, 40}, {.in_channels = 40, .out_channels = 300, .kernel_size = 3, .padding = 1}},
      {{1, 2, 1, 300}, {.in_channels = 300, .out_channels = 3, .kernel_size = {1, 5}, .padding = {0, 2}}},
      {{1, 5, 4, 3}, {.in_channels = 3, .out_channels = 3, .kernel_size = 3, .padding = 1, .groups = 3}},
      {{1, 5, 4, 2}, {.in_channels = 2, .out_channels = 6, .kernel_size = 3, .stride = 2, .padding = 1, .groups = 2}},
      {{1, 4, 5, 16}, {.in_channels = 16, .out_channels = 24, .kernel_size = 3, .padding = 1, .groups = 8}},
  };
}

/// The definition, one multiplication at a time.
template <class T>
Tensor<T, 4> naive_conv2d(const Tensor<T, 4>& x, const Tensor<T, 4>& weight, const Tensor<T, 1>& bias,
                          const Conv2dOptions& o, const Shape<4>& out) {
  Tensor<T, 4> y(out);
  const Index in_group = o.in_channels / o.groups;
  const Index out_group = o.out_channels / o.groups;
  for (Index n = 0; n < out[0]; ++n) {
    for (Index i = 0; i < out[1]; ++i) {
      for (Index j = 0; j < out[2]; ++j) {
        for (Index k = 0; k < out[3]; ++k) {
          T sum = bias.empty() ? T{} : bias[k];
          for (Index u = 0; u < o.kernel_size.height; ++u) {
            for (Index v = 0; v < o.kernel_size.width; ++v) {
              const Index row = i * o.stride.height + u * o.dilation.height - o.padding.top;
              const Index column = j * o.stride.width + v * o.dilation.width - o.padding.left;
              if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) continue;
              for (Index c = 0; c < in_group; ++c) {
                sum += x(n, row, column, k / out_group * in_group + c) * weight(k, u, v, c);
              }
            }
          }
          y(n, i, j, k) = sum;
        }
      }
    }
  }
  return y;
}

template <class T>
Tensor<T, 4> naive_forward(Conv2d<T>& conv, const Tensor<T, 4>& x, const Shape<4>& out) {
  Tensor<T, 4> weight;
  Tensor<T, 1> bias;
  conv.visit([&](const Name&, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter.value), Tensor<T, 4>>) {
      weight = parameter.value;
    } else {
      bias = parameter.value;
    }
  });
  return naive_conv2d(x, weight, bias, conv.options(), out);
}

/// Whether `layer.forward(x, {})` compiles.
template <class Layer, class X>
concept TakesEmptyBracesBesides = requires(Layer& layer, const X& x) {
  layer.forward(x, {});
};

}  // namespace

TEST_CASE("conv2d agrees with its definition on odd shapes") {
  const std::uint64_t seed = 11;
  CAPTURE(seed);
  Rng rng(seed);
  for (const Conv2dCase& test : odd_conv2d_cases()) {
    CAPTURE(test.input);
    Conv2d<double> conv(test.options, rng);
    const auto x = random_tensor<double>(test.input, rng);
    const auto y = std::as_const(conv).forward(x);
    CHECK(relative_difference(y, naive_forward(conv, x, y.shape())) < 1e-14);
  }
}

TEST_CASE("conv2d in float agrees with its definition on ResNet's kernels") {
  Rng rng(12);
  const std::vector<Conv2dCase> cases{
      {{2, 20, 21, 3}, {.in_channels = 3, .out_channels = 64, .kernel_size = 7, .stride = 2, .padding = 3}},
      {{2, 9, 10, 64}, {.in_channels = 64, .out_channels = 64, .kernel_size = 3, .padding = 1}},
      {{1, 7, 7, 100}, {.in_channels = 100, .out_channels = 33, .kernel_size = 3, .stride = 2, .padding = 1}},
      {{1, 6, 6, 300}, {.in_channels = 300, .out_channels = 40, .kernel_size = 1, .stride = 2}},
  };
  for (const Conv2dCase& test : cases) {
    CAPTURE(test.input);
    Conv2d<float> conv(test.options, rng);
    const auto x = random_tensor<float>(test.input, rng);
    const auto y = std::as_const(conv).forward(x);
    CHECK(relative_difference(y, naive_forward(conv, x, y.shape())) < 1e-5);
  }
}

TEST_CASE("conv2d gradients agree with differences") {
  Rng rng(13);
  for (const Conv2dCase& test : odd_conv2d_cases()) {
    CAPTURE(test.input);
    check_gradients(Conv2d<double>(test.options, rng), random_tensor<double>(test.input, rng), rng);
  }
}

TEST_CASE("conv2d may be used twice in one model") {
  Rng rng(17);
  check_used_twice(Conv2d<float>({.in_channels = 3, .out_channels = 2, .kernel_size = 3}, rng),
                   random_tensor<float>(Shape{2, 7, 5, 3}, rng), random_tensor<float>(Shape{1, 4, 4, 3}, rng));
}

TEST_CASE("backward_parameters adds the gradients that backward adds") {
  Rng rng(15);
  Conv2d<float> conv({.in_channels = 2, .out_channels = 3, .kernel_size = 3}, rng);
  Conv2d<float> twin = conv;
  Conv2d<float>::Context context;
  const auto y = conv.forward(random_tensor<float>(Shape{1, 5, 5, 2}, rng), context);
  conv.backward(y, context);
  twin.backward_parameters(y, context);
  std::vector<float> gradients[2];
  for_each_parameter(conv, [&](const Name&, auto& p) {
    gradients[0].insert(gradients[0].end(), p.gradient.begin(), p.gradient.end());
  });
  for_each_parameter(twin, [&](const Name&, auto& p) {
    gradients[1].insert(gradients[1].end(), p.gradient.begin(), p.gradient.end());
  });
  CHECK(gradients[0] == gradients[1]);
}

TEST_CASE("conv2d names both sides of what does not fit") {
  Rng rng(16);
  Conv2d<float> conv({.in_channels = 3, .out_channels = 4, .kernel_size = 5}, rng);
  CHECK_THROWS_WITH_AS(conv.forward(Tensor<float, 4>({8, 32, 32, 4})),
                       "conv2d: input has 4 channels, the layer was made for 3 (input [8, 32, 32, 4])", ShapeError);
  CHECK_THROWS_AS(conv.forward(Tensor<float, 4>({1, 4, 9, 3})), ShapeError);
  const auto make = [&](const Conv2dOptions& options) { Conv2d<float>(options, rng); };
  CHECK_THROWS_AS(make({.in_channels = 0, .out_channels = 4}), OptionError);
  CHECK_THROWS_AS(make({.in_channels = 3, .out_channels = 4, .kernel_size = 0}), OptionError);
  CHECK_THROWS_AS(make({.in_channels = 3, .out_channels = 4, .stride = 0}), OptionError);
  CHECK_THROWS_AS(make({.in_channels = 3, .out_channels = 4, .padding = -1}), OptionError);
  CHECK_THROWS_AS(make({.in_channels = 3, .out_channels = 4, .dilation = {1, 0}}), OptionError);
  CHECK_THROWS_AS(make({.in_channels = 3, .out_channels = 4, .groups = 2}), OptionError);
}

TEST_CASE_TEMPLATE("convolution computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("convolution");
  Rng rng(1);
  const auto check = [&](const std::string& name, const Conv2dOptions& options) {
    check_golden_layer<T, 4, 4>(file, name, Conv2d<T>(options, rng));
  };
  check("plain", {.in_channels = 3, .out_channels = 4, .kernel_size = 3});
  check("padded", {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = 1});
  check("strided", {.in_channels = 3, .out_channels = 2, .kernel_size = 3, .stride = 2, .padding = 1, .bias = false});
  check("uneven", {.in_channels = 2, .out_channels = 2, .kernel_size = {3, 2}, .stride = {2, 3}, .padding = {0, 1}});
  check("dilated", {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = 2, .dilation = 2});
  check("grouped", {.in_channels = 4, .out_channels = 6, .kernel_size = 3, .padding = 1, .groups = 2});
  check("depthwise", {.in_channels = 21, .out_channels = 21, .kernel_size = 3, .padding = 1, .groups = 21});
  check("depthwise strided",
        {.in_channels = 5, .out_channels = 5, .kernel_size = 3, .stride = 2, .padding = 1, .groups = 5, .bias = false});
  check("depthwise multiplied", {.in_channels = 3,
                                 .out_channels = 6,
                                 .kernel_size = {2, 3},
                                 .stride = {1, 2},
                                 .padding = {0, 2},
                                 .dilation = {2, 1},
                                 .groups = 3});
}

TEST_CASE("forward takes an input alone, or a context, and nothing else") {
  using Conv = Conv2d<float>;
  static_assert(TakesEmptyBracesBesides<Lstm<float>, Tensor<float, 3>>);  // an initial state of zeros
  static_assert(!TakesEmptyBracesBesides<Conv, Tensor<float, 4>>);
  static_assert(!TakesEmptyBracesBesides<Dense<float>, Tensor<float, 2>>);
  static_assert(!TakesEmptyBracesBesides<BatchNorm2d<float>, Tensor<float, 4>>);
  static_assert(!std::is_invocable_v<decltype([](Conv& conv, auto&&... rest) -> decltype(conv.forward(rest...)) {}),
                                     Conv&, const Tensor<float, 4>&, const kernels::Epilogue<float>&>);
}
