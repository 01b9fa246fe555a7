#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/conv_transpose2d.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// Half of them plain, a quarter grouped, and a quarter depthwise, with one filter a channel or more.
struct Channels {
  explicit Channels(Draw& draw)
      : groups(draw.coin() ? 1 : draw.between(1, 40)),
        in_channels(groups * (groups > 1 && draw.coin() ? 1 : draw.between(1, 5))),
        out_channels(groups * draw.between(1, 5)) {}

  Index groups;
  Index in_channels;
  Index out_channels;
};

template <class T>
void check_conv1d(Draw& draw) {
  const Channels channels(draw);
  const Conv1dOptions options{.in_channels = channels.in_channels,
                              .out_channels = channels.out_channels,
                              .kernel_size = draw.between(1, 5),
                              .stride = draw.between(1, 3),
                              .padding = draw.between(0, 3),
                              .dilation = draw.between(1, 3),
                              .groups = channels.groups,
                              .bias = draw.coin()};
  const Index shortest = std::max<Index>(1, (options.kernel_size - 1) * options.dilation + 1 - 2 * options.padding);
  const auto x = draw.tensor<T>(Shape{draw.between(1, 3), draw.between(shortest, shortest + 12), options.in_channels});
  Conv1d<T> layer(options, draw.rng());
  compare_layer(
      layer, x,
      [&](const at::Tensor& input, const State& state) {
        return at::conv1d(input, state.at("weight"), optional(state, "bias"), {options.stride}, {options.padding},
                          {options.dilation}, options.groups);
      },
      draw);
}

template <class T>
void check_conv2d(Draw& draw) {
  const Channels channels(draw);
  const Conv2dOptions options{
      .in_channels = channels.in_channels,
      .out_channels = channels.out_channels,
      .kernel_size = draw.size_between(1, 4),
      .stride = draw.size_between(1, 3),
      .padding = {draw.between(0, 3), draw.between(0, 3), draw.between(0, 3), draw.between(0, 3)},
      .dilation = draw.size_between(1, 3),
      .groups = channels.groups,
      .bias = draw.coin()};
  const auto smallest = [](Index kernel, Index dilation, Index padding) {
    return std::max<Index>(1, (kernel - 1) * dilation + 1 - padding);
  };
  const Padding2d& padding = options.padding;
  const Index height = smallest(options.kernel_size.height, options.dilation.height, padding.top + padding.bottom);
  const Index width = smallest(options.kernel_size.width, options.dilation.width, padding.left + padding.right);
  const auto x = draw.tensor<T>(
      Shape{draw.between(1, 3), draw.between(height, height + 8), draw.between(width, width + 8), options.in_channels});
  Conv2d<T> layer(options, draw.rng());
  compare_layer(
      layer, x,
      [&](const at::Tensor& input, const State& state) {
        const at::Tensor padded =
            at::constant_pad_nd(input, {padding.left, padding.right, padding.top, padding.bottom});
        return at::conv2d(padded, state.at("weight"), optional(state, "bias"),
                          {options.stride.height, options.stride.width}, at::IntArrayRef{0, 0},
                          {options.dilation.height, options.dilation.width}, options.groups);
      },
      draw);
}

template <class T>
void check_conv_transpose2d(Draw& draw) {
  const Channels channels(draw);
  const Size2d stride = draw.size_between(1, 3);
  const Size2d dilation = draw.size_between(1, 3);
  const auto padding = [&](Index step, Index spread) { return draw.between(0, std::max(step, spread) - 1); };
  const ConvTranspose2dOptions options{
      .in_channels = channels.in_channels,
      .out_channels = channels.out_channels,
      .kernel_size = draw.size_between(1, 4),
      .stride = stride,
      .padding = {draw.between(0, 2), draw.between(0, 2)},
      .output_padding = {padding(stride.height, dilation.height), padding(stride.width, dilation.width)},
      .dilation = dilation,
      .groups = channels.groups,
      .bias = draw.coin()};
  const auto x = draw.tensor<T>(Shape{draw.between(1, 3), draw.between(5, 9), draw.between(5, 9), options.in_channels});
  ConvTranspose2d<T> layer(options, draw.rng());
  compare_layer(
      layer, x,
      [&](const at::Tensor& input, const State& state) {
        return at::conv_transpose2d(input, state.at("weight"), optional(state, "bias"), {stride.height, stride.width},
                                    {options.padding.top, options.padding.left},
                                    {options.output_padding.height, options.output_padding.width}, options.groups,
                                    {dilation.height, dilation.width});
      },
      draw);
}

}  // namespace

void add_convolutions(Agreements& agreements) {
  agreements.push_back({"conv1d", check_conv1d<double>, check_conv1d<float>});
  agreements.push_back({"conv2d", check_conv2d<double>, check_conv2d<float>});
  agreements.push_back({"conv_transpose2d", check_conv_transpose2d<double>, check_conv_transpose2d<float>});
}

}  // namespace pupil::agreement
