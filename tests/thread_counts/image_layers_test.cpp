// Layers of images and sequences give the same bits for 1, 2 and 7 threads: output, dx, gradients, and inference.
// Inputs are large enough that the work is cut into several parts, and of sizes that leave a smaller one at the end.

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/adaptive_avg_pool1d.hpp>
#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/adaptive_max_pool1d.hpp>
#include <pupil/nn/adaptive_max_pool2d.hpp>
#include <pupil/nn/add.hpp>
#include <pupil/nn/avg_pool1d.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/concat.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/conv_transpose2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/max_pool1d.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/pixel_shuffle.hpp>
#include <pupil/nn/pixel_unshuffle.hpp>
#include <pupil/nn/residual.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/spatial_dropout2d.hpp>
#include <pupil/nn/upsample2d.hpp>

#include "../support/random_tensor.hpp"
#include "same_bits.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("convolutions give the same bits for any number of threads") {
  Rng rng(1);
  const auto sequences = random_tensor<float>(Shape{5, 301, 24}, rng);
  const auto images = random_tensor<float>(Shape{3, 31, 33, 12}, rng);
  const auto conv1d = [&](Index groups) {
    return step_of(
        Conv1d<float>(
            {.in_channels = 24, .out_channels = 48, .kernel_size = 5, .stride = 2, .padding = 2, .groups = groups},
            rng),
        sequences);
  };
  const auto conv2d = [&](Index kernel, Index stride, Index groups) {
    return step_of(Conv2d<float>({.in_channels = 12,
                                  .out_channels = 72,
                                  .kernel_size = kernel,
                                  .stride = stride,
                                  .padding = kernel / 2,
                                  .groups = groups},
                                 rng),
                   images);
  };
  const auto conv_transpose2d = [&](Index out_channels, Index stride, Index groups) {
    return step_of(ConvTranspose2d<float>({.in_channels = 12,
                                           .out_channels = out_channels,
                                           .kernel_size = 3,
                                           .stride = stride,
                                           .padding = 1,
                                           .groups = groups},
                                          rng),
                   images);
  };
  check_same_bits({
      {"Conv1d", conv1d(1)},
      {"Conv1d in groups", conv1d(8)},
      {"Conv1d, depthwise", conv1d(24)},
      {"Conv2d", conv2d(3, 1, 1)},
      {"Conv2d with a stride", conv2d(3, 2, 1)},
      {"Conv2d of single pixels", conv2d(1, 1, 1)},
      {"Conv2d in groups", conv2d(3, 2, 3)},
      {"Conv2d, depthwise", conv2d(3, 1, 12)},
      {"ConvTranspose2d", conv_transpose2d(24, 1, 1)},
      {"ConvTranspose2d with a stride", conv_transpose2d(24, 2, 1)},
      {"ConvTranspose2d to few channels", conv_transpose2d(3, 2, 1)},
      {"ConvTranspose2d, depthwise", conv_transpose2d(12, 2, 12)},
      {"BasicBlock", step_of(BasicBlock<float>({.in_channels = 12, .out_channels = 12}, rng), images)},
      {"BasicBlock with a stride",
       step_of(BasicBlock<float>({.in_channels = 12, .out_channels = 24, .stride = 2}, rng), images)},
  });
}

TEST_CASE("pooling gives the same bits for any number of threads") {
  Rng rng(2);
  const auto images = random_tensor<float>(Shape{3, 67, 37, 17}, rng);
  check_same_bits({
      {"MaxPool2d", step_of(MaxPool2d<float>({.kernel_size = 3, .stride = 2, .padding = 1}), images)},
      {"MaxPool2d of windows that touch", step_of(MaxPool2d<float>({.kernel_size = 2}), images)},
      {"AvgPool2d", step_of(AvgPool2d<float>({.kernel_size = 3, .stride = 2, .padding = 1}), images)},
      {"AvgPool2d of what is no padding",
       step_of(AvgPool2d<float>({.kernel_size = 3, .stride = 1, .padding = 1, .count_include_pad = false}), images)},
      {"AdaptiveAvgPool2d", step_of(AdaptiveAvgPool2d<float>({.output_size = {27, 25}}), images)},
      {"AdaptiveMaxPool2d", step_of(AdaptiveMaxPool2d<float>({.output_size = {27, 25}}), images)},
      {"GlobalAvgPool2d", step_of(GlobalAvgPool2d<float>(), images)},
      {"Flatten", step_of(Flatten<float>(), images)},
      {"Flatten with channels first", step_of(Flatten<float>({.channels_first = true}), images)},
      {"SpatialDropout2d", step_of(SpatialDropout2d<float>({.probability = 0.5}, rng), images)},
  });
}

TEST_CASE("pooling of sequences gives the same bits for any number of threads") {
  Rng rng(6);
  const auto sequences = random_tensor<float>(Shape{31, 501, 17}, rng);
  check_same_bits({
      {"MaxPool1d", step_of(MaxPool1d<float>({.kernel_size = 3, .stride = 2, .padding = 1}), sequences)},
      {"AvgPool1d", step_of(AvgPool1d<float>({.kernel_size = 3, .stride = 2, .padding = 1}), sequences)},
      {"AdaptiveAvgPool1d", step_of(AdaptiveAvgPool1d<float>({.output_size = 201}), sequences)},
      {"AdaptiveMaxPool1d", step_of(AdaptiveMaxPool1d<float>({.output_size = 201}), sequences)},
  });
}

TEST_CASE("resampling gives the same bits for any number of threads") {
  Rng rng(5);
  const auto images = random_tensor<float>(Shape{3, 37, 29, 17}, rng);
  const auto many_channels = random_tensor<float>(Shape{3, 38, 30, 20}, rng);
  check_same_bits({
      {"Upsample2d", step_of(Upsample2d<float>({.scale_factor = 2}), images)},
      {"PixelShuffle", step_of(PixelShuffle<float>({.upscale_factor = 2}), many_channels)},
      {"PixelUnshuffle", step_of(PixelUnshuffle<float>({.downscale_factor = 2}), many_channels)},
      {"Upsample2d between pixels",
       step_of(Upsample2d<float>({.scale_factor = 1.9, .mode = UpsampleMode::bilinear}), images)},
  });
}

TEST_CASE("layers one after another give the same bits for any number of threads") {
  Rng rng(3);
  const auto images = random_tensor<float>(Shape{5, 31, 33, 12}, rng);
  const Sequential net{Conv2d<float>({.in_channels = 12, .out_channels = 16, .kernel_size = 3}, rng), Relu<float>(),
                       MaxPool2d<float>({.kernel_size = 2}), Flatten<float>(),
                       Dense<float>({.in_features = 16 * 14 * 15, .out_features = 10}, rng)};
  check_same_bits({{"Sequential", step_of(net, images)}});
}

TEST_CASE("branches give the same bits for any number of threads") {
  Rng rng(4);
  const auto images = random_tensor<float>(Shape{5, 31, 33, 12}, rng);
  const auto conv = [&](Index out_channels) {
    return Conv2d<float>({.in_channels = 12, .out_channels = out_channels, .kernel_size = 3, .padding = 1}, rng);
  };
  check_same_bits({
      {"Add", step_of(Add{conv(8), conv(8), Sequential{conv(8), Relu<float>()}}, images)},
      {"Concat", step_of(Concat{conv(8), Identity(), conv(3)}, images)},
      {"Residual", step_of(Residual{conv(12)}, images)},
      {"Residual with a shortcut", step_of(Residual{conv(8), conv(8)}, images)},
  });
}
