#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/conv_transpose2d.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

struct ConvTranspose2dCase {
  Shape<4> input;
  ConvTranspose2dOptions options;
};

/// Shapes at the edges: one pixel, strides beyond the kernel, unequal sides, dilation, groups, padding, and an output
/// padding for which one more window would fit.
std::vector<ConvTranspose2dCase> odd_conv_transpose2d_cases() {
  return {
      {{1, 1, 1, 1}, {.in_channels = 1, .out_channels = 1}},
      {{2, 3, 4, 3}, {.in_channels = 3, .out_channels = 4, .kernel_size = 2, .stride = 2}},
      {{2, 5, 6, 3}, {.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = 1}},
      {{1, 3, 4, 2}, {.in_channels = 2, .out_channels = 5, .kernel_size = 4, .stride = 2, .padding = 1}},
      {{1, 3, 4, 2},
       {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .stride = 2, .padding = 1, .output_padding = 1}},
      {{1, 3, 2, 2}, {.in_channels = 2, .out_channels = 3, .kernel_size = 2, .stride = 3, .bias = false}},
      {{1, 2, 3, 2},
       {.in_channels = 2, .out_channels = 2, .kernel_size = {3, 2}, .stride = {2, 3}, .padding = {1, 0, 2, 1}}},
      {{1, 4, 3, 2}, {.in_channels = 2, .out_channels = 2, .kernel_size = 3, .padding = 2, .dilation = {2, 3}}},
      {{1, 4, 3, 2},
       {.in_channels = 2, .out_channels = 2, .kernel_size = 3, .stride = 2, .output_padding = {0, 2}, .dilation = 3}},
      {{2, 3, 3, 6}, {.in_channels = 6, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = 1, .groups = 2}},
      {{1, 4, 3, 3}, {.in_channels = 3, .out_channels = 3, .kernel_size = 3, .stride = 2, .groups = 3}},
      {{1, 4, 3, 6}, {.in_channels = 6, .out_channels = 2, .kernel_size = 3, .stride = 2, .groups = 2}},
      {{1, 4, 3, 2}, {.in_channels = 2, .out_channels = 6, .kernel_size = 2, .stride = 2, .groups = 2}},
      {{1, 3, 5, 300}, {.in_channels = 300, .out_channels = 2, .kernel_size = {1, 5}, .padding = {0, 2}}},
  };
}

/// The definition, one multiplication at a time.
template <class T>
Tensor<T, 4> naive_conv_transpose2d(ConvTranspose2d<T> layer, const Tensor<T, 4>& x) {
  const ConvTranspose2dOptions& o = layer.options();
  Tensor<T, 4> y(layer.output_shape(x.shape()));
  Tensor<T, 4> weight;
  layer.visit([&]<std::size_t Rank>(const Name&, Parameter<T, Rank>& parameter) {
    if constexpr (Rank == 4) {
      weight = parameter.value;
    } else {
      for (Index i = 0; i < y.size(); ++i) y[i] = parameter.value[i % o.out_channels];
    }
  });
  const Index in_group = o.in_channels / o.groups;
  const Index out_group = o.out_channels / o.groups;
  for (Index n = 0; n < x.dim(0); ++n) {
    for (Index i = 0; i < x.dim(1); ++i) {
      for (Index j = 0; j < x.dim(2); ++j) {
        for (Index u = 0; u < o.kernel_size.height; ++u) {
          for (Index v = 0; v < o.kernel_size.width; ++v) {
            const Index row = i * o.stride.height + u * o.dilation.height - o.padding.top;
            const Index column = j * o.stride.width + v * o.dilation.width - o.padding.left;
            if (row < 0 || row >= y.dim(1) || column < 0 || column >= y.dim(2)) continue;
            for (Index c = 0; c < o.in_channels; ++c) {
              for (Index k = 0; k < out_group; ++k) {
                y(n, row, column, c / in_group * out_group + k) += x(n, i, j, c) * weight(c, u, v, k);
              }
            }
          }
        }
      }
    }
  }
  return y;
}

template <class T>
ConvTranspose2d<T> make_conv_transpose2d(const ConvTranspose2dOptions& options) {
  Rng rng(1);
  return ConvTranspose2d<T>(options, rng);
}

}  // namespace

TEST_CASE_TEMPLATE("conv transpose computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("transposed_convolution");
  const auto check = [&](const char* name, const ConvTranspose2dOptions& options) {
    check_golden_layer<T, 4, 4>(file, name, make_conv_transpose2d<T>(options));
  };
  check("plain", {.in_channels = 3, .out_channels = 4, .kernel_size = 2, .stride = 2});
  check("padded", {.in_channels = 2,
                   .out_channels = 3,
                   .kernel_size = 3,
                   .stride = 2,
                   .padding = 1,
                   .output_padding = 1,
                   .bias = false});
  check("uneven", {.in_channels = 2,
                   .out_channels = 2,
                   .kernel_size = {3, 2},
                   .stride = {2, 3},
                   .padding = {0, 1},
                   .output_padding = {1, 0}});
  check("dilated", {.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = 1, .dilation = 2});
  check("grouped", {.in_channels = 4, .out_channels = 6, .kernel_size = 3, .stride = 2, .groups = 2});
  check("depthwise", {.in_channels = 5, .out_channels = 5, .kernel_size = 3, .stride = 2, .padding = 1, .groups = 5});
}

TEST_CASE("a conv transpose of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(
      fixture("transposed_convolution"), "plain/state/",
      make_conv_transpose2d<double>({.in_channels = 3, .out_channels = 4, .kernel_size = 2, .stride = 2}));
  check_state_dict_returns(
      fixture("transposed_convolution"), "grouped/state/",
      make_conv_transpose2d<double>({.in_channels = 4, .out_channels = 6, .kernel_size = 3, .stride = 2, .groups = 2}));
}

TEST_CASE("conv transpose agrees with its definition on odd shapes") {
  const std::uint64_t seed = 2;
  CAPTURE(seed);
  Rng rng(seed);
  for (const ConvTranspose2dCase& test : odd_conv_transpose2d_cases()) {
    CAPTURE(test.input);
    const ConvTranspose2d<double> layer(test.options, rng);
    const auto x = random_tensor<double>(test.input, rng);
    CHECK(relative_difference(layer.forward(x), naive_conv_transpose2d(layer, x)) < 1e-14);
  }
}

TEST_CASE("conv transpose in float agrees with its definition, whichever algorithm computes it") {
  const std::uint64_t seed = 3;
  CAPTURE(seed);
  Rng rng(seed);
  const std::vector<ConvTranspose2dCase> cases{
      {{2, 10, 12, 3}, {.in_channels = 3, .out_channels = 64, .kernel_size = 4, .stride = 2, .padding = 1}},
      {{2, 10, 12, 64}, {.in_channels = 64, .out_channels = 3, .kernel_size = 4, .stride = 2, .padding = 1}},
      {{2, 8, 9, 64}, {.in_channels = 64, .out_channels = 32, .kernel_size = 2, .stride = 2}},
      {{2, 25, 26, 64}, {.in_channels = 64, .out_channels = 64, .kernel_size = 3, .padding = 1}},
      {{2, 9, 8, 64}, {.in_channels = 64, .out_channels = 64, .kernel_size = 3, .stride = 2, .groups = 64}},
  };
  for (const ConvTranspose2dCase& test : cases) {
    CAPTURE(test.input);
    const ConvTranspose2d<float> layer(test.options, rng);
    const auto x = random_tensor<float>(test.input, rng);
    CHECK(relative_difference(layer.forward(x), naive_conv_transpose2d(layer, x)) < 1e-5);
  }
}

TEST_CASE("conv transpose gradients agree with differences") {
  Rng rng(4);
  for (const ConvTranspose2dCase& test : odd_conv_transpose2d_cases()) {
    CAPTURE(test.input);
    check_gradients(ConvTranspose2d<double>(test.options, rng), random_tensor<double>(test.input, rng), rng);
  }
}

TEST_CASE("a conv transpose gives back the size that its convolution was given") {
  Rng rng(5);
  for (Index height = 5; height < 9; ++height) {
    CAPTURE(height);
    const Conv2dOptions options{.in_channels = 3, .out_channels = 2, .kernel_size = 3, .stride = 2, .padding = 1};
    const Conv2d<float> conv(options, rng);
    const ConvTranspose2d<float> back({.in_channels = 2,
                                       .out_channels = 3,
                                       .kernel_size = 3,
                                       .stride = 2,
                                       .padding = 1,
                                       .output_padding = {(height + 1) % 2, 0}},
                                      rng);
    const Shape<4> x{1, height, 7, 3};
    CHECK(back.output_shape(conv.output_shape(x)) == x);
  }
}

TEST_CASE("conv transpose gives the same bits in training") {
  Rng rng(6);
  ConvTranspose2d<float> layer({.in_channels = 8, .out_channels = 5, .kernel_size = 3, .stride = 2}, rng);
  const auto x = random_tensor<float>(Shape{2, 9, 11, 8}, rng);
  ConvTranspose2d<float>::Context context;
  CHECK(layer.forward(x, context) == std::as_const(layer).forward(x));
}

TEST_CASE("conv transpose may be used twice in one model") {
  Rng rng(7);
  check_used_twice(ConvTranspose2d<float>({.in_channels = 3, .out_channels = 2, .kernel_size = 3, .stride = 2}, rng),
                   random_tensor<float>(Shape{2, 3, 5, 3}, rng), random_tensor<float>(Shape{1, 4, 4, 3}, rng));
}

TEST_CASE("conv transpose without dx adds the gradients that backward adds") {
  Rng rng(8);
  ConvTranspose2d<float> layer({.in_channels = 2, .out_channels = 3, .kernel_size = 3}, rng);
  ConvTranspose2d<float> twin = layer;
  ConvTranspose2d<float>::Context context;
  const auto y = layer.forward(random_tensor<float>(Shape{1, 5, 5, 2}, rng), context);
  layer.backward(y, context);
  twin.backward_parameters(y, context);
  std::vector<float> numbers;
  const auto note = [&](const Name&, const auto& parameter) {
    numbers.insert(numbers.end(), parameter.gradient.begin(), parameter.gradient.end());
  };
  for_each_parameter(layer, note);
  for_each_parameter(twin, note);
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  CHECK(std::equal(numbers.begin(), middle, middle));
}

TEST_CASE("a batch without images gives none, and adds nothing") {
  Rng rng(9);
  ConvTranspose2d<float> layer({.in_channels = 2, .out_channels = 3, .kernel_size = 3, .stride = 2}, rng);
  ConvTranspose2d<float>::Context context;
  const auto y = layer.forward(Images({0, 4, 5, 2}), context);
  CHECK(y.shape() == Shape{0, 9, 11, 3});
  CHECK(layer.backward(y, context).shape() == Shape{0, 4, 5, 2});
  for_each_parameter(layer, [](const Name&, auto& parameter) {
    for (const float number : parameter.gradient) CHECK(number == 0);
  });
}

TEST_CASE("a summary counts the work of a conv transpose by its input, and says how it is computed") {
  Rng rng(10);
  const ConvTranspose2d<float> layer({.in_channels = 4, .out_channels = 6, .kernel_size = 3, .stride = 2}, rng);
  const ModelSummary table = summary(layer, Shape{2, 5, 7, 4});
  REQUIRE(table.layers().size() == 1);
  CHECK(table.layers()[0].type == "ConvTranspose2d");
  CHECK(table.layers()[0].output_shape == "[2, 11, 15, 6]");
  CHECK(table.parameters() == 4 * 9 * 6 + 6);
  CHECK(table.multiply_adds() == 2 * 5 * 7 * 4 * 9 * 6);
  CHECK(explain(table).starts_with("the transpose of conv2d 3x3/2 6->4 11x15: forward "));
}

TEST_CASE("conv transpose names both sides of every error") {
  using Conv = ConvTranspose2d<float>;
  using Options = ConvTranspose2dOptions;
  const auto conv = make<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = 3, .stride = 2});
  const auto other = make<Conv>(Options{.in_channels = 2, .out_channels = 4, .kernel_size = 3});
  const auto padded = make<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = {2, 0}});
  check_errors({
      {"no input channels", made_with<Conv>(Options{.in_channels = 0, .out_channels = 4}), typeid(OptionError),
       "conv_transpose2d: cannot map 0 channels to 4, each must be at least 1"},
      {"kernel height", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = {0, 3}}),
       typeid(OptionError), "conv_transpose2d: kernel_size is (0, 3), not at least 1"},
      {"stride across", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .stride = {1, 0}}),
       typeid(OptionError), "conv_transpose2d: stride is (1, 0), not at least 1"},
      {"dilation down", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .dilation = {0, 1}}),
       typeid(OptionError), "conv_transpose2d: dilation is (0, 1), not at least 1"},
      {"padding below", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .padding = {0, -1, 0, 0}}),
       typeid(OptionError), "conv_transpose2d: padding is (0, -1, 0, 0), not at least 0"},
      {"output padding below 0", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .output_padding = -1}),
       typeid(OptionError), "conv_transpose2d: output_padding is (-1, -1), not at least 0"},
      {"too much output padding",
       made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .stride = 2, .output_padding = {1, 2}}),
       typeid(OptionError),
       "conv_transpose2d: output_padding is (1, 2), not less than the stride (2, 2) or the dilation (1, 1)"},
      {"groups of the output", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .groups = 3}),
       typeid(OptionError), "conv_transpose2d: 3 groups do not divide 3 and 4 channels"},
      {"input channels", every_pass(conv, Images({8, 32, 32, 4})), typeid(ShapeError),
       "conv_transpose2d: input has 4 channels, the layer was made for 3 (input [8, 32, 32, 4])"},
      {"image without pixels", every_pass(conv, Images({8, 0, 32, 3})), typeid(ShapeError),
       "conv_transpose2d: the input [8, 0, 32, 3] has no pixels"},
      {"image that is padding alone", every_pass(padded, Images({8, 2, 32, 3})), typeid(ShapeError),
       "conv_transpose2d: of the input [8, 2, 32, 3] no pixels are left without the padding (2, 2, 0, 0)"},
      {"gradient", backward_of(conv, Images({2, 3, 4, 3}), Images({2, 7, 8, 4})), typeid(ShapeError),
       "conv_transpose2d: the gradient [2, 7, 8, 4] does not fit the output [2, 7, 9, 4]"},
      {"empty context", backward_of_nothing(conv, Images({2, 7, 9, 4})), typeid(ContextError),
       "conv_transpose2d: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Images({2, 8, 9, 2}), conv, Images({2, 6, 7, 4})),
       typeid(ShapeError), "conv_transpose2d: input has 2 channels, the layer was made for 3 (input [2, 8, 9, 2])"},
  });
}
