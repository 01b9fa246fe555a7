// What convolution, pooling and flattening say of wrong options and shapes: both what was given and what was wanted.

#include <doctest/doctest.h>

#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/max_pool2d.hpp>

#include "error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("conv1d names both sides of every error") {
  using Conv = Conv1d<float>;
  using Options = Conv1dOptions;
  const auto conv = make<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = 3});
  const auto other = make<Conv>(Options{.in_channels = 2, .out_channels = 4, .kernel_size = 3});
  const auto dilated =
      make<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = 1, .dilation = 4});
  check_errors({
      {"no input channels", made_with<Conv>(Options{.in_channels = 0, .out_channels = 4}), typeid(OptionError),
       "conv1d: cannot map 0 channels to 4, each must be at least 1"},
      {"output channels below 0", made_with<Conv>(Options{.in_channels = 3, .out_channels = -4}), typeid(OptionError),
       "conv1d: cannot map 3 channels to -4, each must be at least 1"},
      {"kernel size", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = 0}),
       typeid(OptionError), "conv1d: kernel_size is 0, not at least 1"},
      {"stride", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .stride = 0}), typeid(OptionError),
       "conv1d: stride is 0, not at least 1"},
      {"padding", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .padding = -1}), typeid(OptionError),
       "conv1d: padding is -1, not at least 0"},
      {"dilation", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .dilation = 0}), typeid(OptionError),
       "conv1d: dilation is 0, not at least 1"},
      {"no groups", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .groups = 0}), typeid(OptionError),
       "conv1d: groups is 0, not at least 1"},
      {"groups of the input", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .groups = 2}),
       typeid(OptionError), "conv1d: 2 groups do not divide 3 and 4 channels"},
      {"groups of the output", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .groups = 3}),
       typeid(OptionError), "conv1d: 3 groups do not divide 3 and 4 channels"},
      {"input channels", every_pass(conv, Sequences({8, 32, 4})), typeid(ShapeError),
       "conv1d: input has 4 channels, the layer was made for 3 (input [8, 32, 4])"},
      {"too short an input", every_pass(conv, Sequences({8, 2, 3})), typeid(ShapeError),
       "conv1d: input [8, 2, 3] padded by 0 is shorter than the kernel 3 with dilation 1"},
      {"too short an input for the dilation", every_pass(dilated, Sequences({8, 6, 3})), typeid(ShapeError),
       "conv1d: input [8, 6, 3] padded by 1 is shorter than the kernel 3 with dilation 4"},
      {"gradient", backward_of(conv, Sequences({2, 8, 3}), Sequences({2, 7, 4})), typeid(ShapeError),
       "conv1d: the gradient [2, 7, 4] does not fit the output [2, 6, 4]"},
      {"gradient for the parameters alone",
       [&] {
         Conv copy = conv;
         Conv::Context context;
         copy.forward(Sequences({2, 8, 3}), context);
         copy.backward_parameters(Sequences({1, 6, 4}), context);
       },
       typeid(ShapeError), "conv1d: the gradient [1, 6, 4] does not fit the output [2, 6, 4]"},
      {"empty context", backward_of_nothing(conv, Sequences({2, 6, 4})), typeid(ContextError),
       "conv1d: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Sequences({2, 8, 2}), conv, Sequences({2, 6, 4})),
       typeid(ShapeError), "conv1d: input has 2 channels, the layer was made for 3 (input [2, 8, 2])"},
  });
}

TEST_CASE("conv2d names both sides of every error") {
  using Conv = Conv2d<float>;
  using Options = Conv2dOptions;
  const auto conv = make<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = 3});
  const auto other = make<Conv>(Options{.in_channels = 2, .out_channels = 4, .kernel_size = 3});
  const auto dilated = make<Conv>(
      Options{.in_channels = 3, .out_channels = 4, .kernel_size = {1, 3}, .padding = {0, 1}, .dilation = {1, 4}});
  check_errors({
      {"no input channels", made_with<Conv>(Options{.in_channels = 0, .out_channels = 4}), typeid(OptionError),
       "conv2d: cannot map 0 channels to 4, each must be at least 1"},
      {"output channels below 0", made_with<Conv>(Options{.in_channels = 3, .out_channels = -4}), typeid(OptionError),
       "conv2d: cannot map 3 channels to -4, each must be at least 1"},
      {"kernel height", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = {0, 3}}),
       typeid(OptionError), "conv2d: kernel_size is (0, 3), not at least 1"},
      {"kernel width", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .kernel_size = {3, -1}}),
       typeid(OptionError), "conv2d: kernel_size is (3, -1), not at least 1"},
      {"stride down", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .stride = {0, 1}}),
       typeid(OptionError), "conv2d: stride is (0, 1), not at least 1"},
      {"stride across", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .stride = {1, 0}}),
       typeid(OptionError), "conv2d: stride is (1, 0), not at least 1"},
      {"padding above", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .padding = {-1, 0, 0, 0}}),
       typeid(OptionError), "conv2d: padding is (-1, 0, 0, 0), not at least 0"},
      {"padding below", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .padding = {0, -1, 0, 0}}),
       typeid(OptionError), "conv2d: padding is (0, -1, 0, 0), not at least 0"},
      {"padding to the left", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .padding = {0, 0, -1, 0}}),
       typeid(OptionError), "conv2d: padding is (0, 0, -1, 0), not at least 0"},
      {"padding to the right", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .padding = {0, 0, 0, -1}}),
       typeid(OptionError), "conv2d: padding is (0, 0, 0, -1), not at least 0"},
      {"dilation down", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .dilation = {0, 1}}),
       typeid(OptionError), "conv2d: dilation is (0, 1), not at least 1"},
      {"dilation across", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .dilation = {1, 0}}),
       typeid(OptionError), "conv2d: dilation is (1, 0), not at least 1"},
      {"groups below 0", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .groups = -1}),
       typeid(OptionError), "conv2d: groups is -1, not at least 1"},
      {"groups of the input", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .groups = 2}),
       typeid(OptionError), "conv2d: 2 groups do not divide 3 and 4 channels"},
      {"groups of the output", made_with<Conv>(Options{.in_channels = 3, .out_channels = 4, .groups = 3}),
       typeid(OptionError), "conv2d: 3 groups do not divide 3 and 4 channels"},
      {"input channels", every_pass(conv, Images({8, 32, 32, 4})), typeid(ShapeError),
       "conv2d: input has 4 channels, the layer was made for 3 (input [8, 32, 32, 4])"},
      {"too low an image", every_pass(conv, Images({8, 2, 32, 3})), typeid(ShapeError),
       "conv2d: input [8, 2, 32, 3] padded by (0, 0, 0, 0) is smaller than the kernel (3, 3) with dilation (1, 1)"},
      {"too narrow an image for the dilation", every_pass(dilated, Images({8, 32, 6, 3})), typeid(ShapeError),
       "conv2d: input [8, 32, 6, 3] padded by (0, 0, 1, 1) is smaller than the kernel (1, 3) with dilation (1, 4)"},
      {"gradient", backward_of(conv, Images({2, 8, 9, 3}), Images({2, 7, 6, 4})), typeid(ShapeError),
       "conv2d: the gradient [2, 7, 6, 4] does not fit the output [2, 6, 7, 4]"},
      {"gradient for the parameters alone",
       [&] {
         Conv copy = conv;
         Conv::Context context;
         copy.forward(Images({2, 8, 9, 3}), context);
         copy.backward_parameters(Images({1, 6, 7, 4}), context);
       },
       typeid(ShapeError), "conv2d: the gradient [1, 6, 7, 4] does not fit the output [2, 6, 7, 4]"},
      {"empty context", backward_of_nothing(conv, Images({2, 6, 7, 4})), typeid(ContextError),
       "conv2d: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Images({2, 8, 9, 2}), conv, Images({2, 6, 7, 4})),
       typeid(ShapeError), "conv2d: input has 2 channels, the layer was made for 3 (input [2, 8, 9, 2])"},
  });
}

TEST_CASE("a residual block names both sides of every error") {
  using Block = BasicBlock<float>;
  using Options = BasicBlockOptions;
  const auto block = make<Block>(Options{.in_channels = 3, .out_channels = 3});
  const auto halving = make<Block>(Options{.in_channels = 3, .out_channels = 4, .stride = 2});
  check_errors({
      {"no input channels", made_with<Block>(Options{.out_channels = 4}), typeid(OptionError),
       "conv2d: cannot map 0 channels to 4, each must be at least 1"},
      {"no output channels", made_with<Block>(Options{.in_channels = 3}), typeid(OptionError),
       "conv2d: cannot map 3 channels to 0, each must be at least 1"},
      {"stride", made_with<Block>(Options{.in_channels = 3, .out_channels = 4, .stride = 0}), typeid(OptionError),
       "conv2d: stride is (0, 0), not at least 1"},
      {"input channels", every_pass(block, Images({1, 4, 4, 2})), typeid(ShapeError),
       "conv2d: input has 2 channels, the layer was made for 3 (input [1, 4, 4, 2])"},
      {"input channels where the shortcut is a convolution", every_pass(halving, Images({1, 4, 4, 2})),
       typeid(ShapeError), "conv2d: input has 2 channels, the layer was made for 3 (input [1, 4, 4, 2])"},
      {"gradient", backward_of(halving, Images({1, 4, 4, 3}), Images({1, 4, 4, 4})), typeid(ShapeError),
       "batch_norm2d: the gradient [1, 4, 4, 4] does not fit the output [4, 4]"},
      {"gradient of another shape but as many elements",
       backward_of(halving, Images({1, 4, 4, 3}), Images({1, 4, 1, 4})), typeid(ShapeError),
       "conv2d: the gradient [1, 4, 1, 4] does not fit the output [1, 2, 2, 4]"},
      {"empty context", backward_of_nothing(block, Images({1, 4, 4, 3})), typeid(ContextError),
       "batch_norm2d: backward needs the context of a forward, and this one holds none"},
  });
}

TEST_CASE("max pooling names both sides of every error") {
  using Pool = MaxPool2d<float>;
  using Options = MaxPool2dOptions;
  const Pool pool({.kernel_size = 3, .stride = 1, .padding = {1, 0}});
  check_errors({
      {"kernel height", made_with<Pool>(Options{.kernel_size = {0, 2}}), typeid(OptionError),
       "max_pool2d: the kernel size is (0, 2), not at least 1"},
      {"kernel width", made_with<Pool>(Options{.kernel_size = {2, -1}}), typeid(OptionError),
       "max_pool2d: the kernel size is (2, -1), not at least 1"},
      {"kernel with more elements than are counted", made_with<Pool>(Options{.kernel_size = {256, 257}}),
       typeid(OptionError), "max_pool2d: the kernel size (256, 257) is more than 65536 elements"},
      {"stride down", made_with<Pool>(Options{.kernel_size = 2, .stride = {0, 1}}), typeid(OptionError),
       "max_pool2d: the stride is (0, 1), not at least 1"},
      {"stride across", made_with<Pool>(Options{.kernel_size = 2, .stride = {1, 0}}), typeid(OptionError),
       "max_pool2d: the stride is (1, 0), not at least 1"},
      {"negative padding", made_with<Pool>(Options{.kernel_size = 2, .padding = {-1, 0, 0, 0}}), typeid(OptionError),
       "max_pool2d: the padding (-1, 0, 0, 0) is not between 0 and half the kernel size (2, 2)"},
      {"too much padding below", made_with<Pool>(Options{.kernel_size = 3, .padding = {0, 2, 0, 0}}),
       typeid(OptionError), "max_pool2d: the padding (0, 2, 0, 0) is not between 0 and half the kernel size (3, 3)"},
      {"too much padding to the left", made_with<Pool>(Options{.kernel_size = 3, .padding = {0, 0, 2, 0}}),
       typeid(OptionError), "max_pool2d: the padding (0, 0, 2, 0) is not between 0 and half the kernel size (3, 3)"},
      {"too much padding to the right", made_with<Pool>(Options{.kernel_size = {9, 3}, .padding = {0, 0, 0, 2}}),
       typeid(OptionError), "max_pool2d: the padding (0, 0, 0, 2) is not between 0 and half the kernel size (9, 3)"},
      {"image without pixels", every_pass(pool, Images({1, 0, 5, 4})), typeid(ShapeError),
       "max_pool2d: the input [1, 0, 5, 4] has no pixels"},
      {"too narrow an image", every_pass(pool, Images({1, 5, 2, 4})), typeid(ShapeError),
       "max_pool2d: the input [1, 5, 2, 4] with padding (1, 1, 0, 0) is smaller than the window (3, 3)"},
      {"gradient", backward_of(pool, Images({1, 5, 5, 4}), Images({1, 5, 5, 4})), typeid(ShapeError),
       "max_pool2d: the gradient [1, 5, 5, 4] does not fit the output [1, 5, 3, 4]"},
      {"empty context", backward_of_nothing(pool, Images({1, 5, 3, 4})), typeid(ContextError),
       "max_pool2d: backward needs the context of a forward, and this one holds none"},
  });
}

TEST_CASE("average pooling names both sides of every error") {
  using Pool = AvgPool2d<float>;
  using Options = AvgPool2dOptions;
  const Pool pool({.kernel_size = 3, .stride = 1, .padding = {1, 0}});
  check_errors({
      {"kernel size", made_with<Pool>(Options{.kernel_size = {0, 2}}), typeid(OptionError),
       "avg_pool2d: the kernel size is (0, 2), not at least 1"},
      {"stride", made_with<Pool>(Options{.kernel_size = 2, .stride = {1, 0}}), typeid(OptionError),
       "avg_pool2d: the stride is (1, 0), not at least 1"},
      {"padding", made_with<Pool>(Options{.kernel_size = 2, .padding = -1}), typeid(OptionError),
       "avg_pool2d: the padding (-1, -1, -1, -1) is not between 0 and half the kernel size (2, 2)"},
      {"image without pixels", every_pass(pool, Images({1, 5, 0, 4})), typeid(ShapeError),
       "avg_pool2d: the input [1, 5, 0, 4] has no pixels"},
      {"too narrow an image", every_pass(pool, Images({1, 5, 2, 4})), typeid(ShapeError),
       "avg_pool2d: the input [1, 5, 2, 4] with padding (1, 1, 0, 0) is smaller than the window (3, 3)"},
      {"gradient", backward_of(pool, Images({1, 5, 5, 4}), Images({1, 5, 5, 4})), typeid(ShapeError),
       "avg_pool2d: the gradient [1, 5, 5, 4] does not fit the output [1, 5, 3, 4]"},
      {"empty context", backward_of_nothing(pool, Images({1, 5, 3, 4})), typeid(ContextError),
       "avg_pool2d: backward needs the context of a forward, and this one holds none"},
  });
}

TEST_CASE("adaptive average pooling names both sides of every error") {
  using Pool = AdaptiveAvgPool2d<float>;
  using Options = AdaptiveAvgPool2dOptions;
  const Pool pool({.output_size = {2, 3}});
  check_errors({
      {"output height", made_with<Pool>(Options{.output_size = {0, 2}}), typeid(OptionError),
       "adaptive_avg_pool2d: output_size is (0, 2), not at least 1"},
      {"output width", made_with<Pool>(Options{.output_size = {2, -1}}), typeid(OptionError),
       "adaptive_avg_pool2d: output_size is (2, -1), not at least 1"},
      {"image without rows", every_pass(pool, Images({1, 0, 2, 4})), typeid(ShapeError),
       "adaptive_avg_pool2d: the input [1, 0, 2, 4] has no pixels"},
      {"image without columns", every_pass(pool, Images({1, 2, 0, 4})), typeid(ShapeError),
       "adaptive_avg_pool2d: the input [1, 2, 0, 4] has no pixels"},
      {"gradient", backward_of(pool, Images({1, 5, 5, 4}), Images({1, 3, 2, 4})), typeid(ShapeError),
       "adaptive_avg_pool2d: the gradient [1, 3, 2, 4] does not fit the output [1, 2, 3, 4]"},
      {"empty context", backward_of_nothing(pool, Images({1, 2, 3, 4})), typeid(ContextError),
       "adaptive_avg_pool2d: backward needs the context of a forward, and this one holds none"},
  });
}

TEST_CASE("global average pooling names both sides of every error") {
  const GlobalAvgPool2d<float> pool;
  check_errors({
      {"image without rows", every_pass(pool, Images({2, 0, 3, 1})), typeid(ShapeError),
       "global_avg_pool2d: the input [2, 0, 3, 1] has no pixels"},
      {"image without columns", every_pass(pool, Images({2, 3, 0, 1})), typeid(ShapeError),
       "global_avg_pool2d: the input [2, 3, 0, 1] has no pixels"},
      {"gradient", backward_of(pool, Images({2, 3, 3, 4}), Rows({2, 3})), typeid(ShapeError),
       "global_avg_pool2d: the gradient [2, 3] does not fit the output [2, 4]"},
      {"empty context", backward_of_nothing(pool, Rows({2, 4})), typeid(ContextError),
       "global_avg_pool2d: backward needs the context of a forward, and this one holds none"},
  });
}

TEST_CASE("flatten names both sides of every error") {
  const Flatten<float> flatten;
  const Flatten<float> channels_first({.channels_first = true});
  check_errors({
      {"gradient", backward_of(flatten, Images({2, 3, 4, 5}), Rows({2, 61})), typeid(ShapeError),
       "flatten: the gradient [2, 61] does not fit the output [2, 60]"},
      {"gradient with channels first", backward_of(channels_first, Images({2, 3, 4, 5}), Rows({3, 60})),
       typeid(ShapeError), "flatten: the gradient [3, 60] does not fit the output [2, 60]"},
      {"empty context", backward_of_nothing(flatten, Rows({2, 60})), typeid(ContextError),
       "flatten: backward needs the context of a forward, and this one holds none"},
  });
}
