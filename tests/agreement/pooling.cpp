#include <pupil/nn/adaptive_avg_pool1d.hpp>
#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/adaptive_max_pool1d.hpp>
#include <pupil/nn/adaptive_max_pool2d.hpp>
#include <pupil/nn/avg_pool1d.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/max_pool1d.hpp>
#include <pupil/nn/max_pool2d.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// A window that may slide over an image, and an image for it.
struct Pooling {
  explicit Pooling(Draw& draw)
      : kernel(draw.size_between(1, 4)),
        stride(draw.size_between(1, 4)),
        padding(draw.between(0, kernel.height / 2), draw.between(0, kernel.width / 2)),
        shape{draw.between(1, 3), draw.between(kernel.height, kernel.height + 7),
              draw.between(kernel.width, kernel.width + 7), draw.between(1, 5)} {}

  std::array<std::int64_t, 2> kernel_array() const { return {kernel.height, kernel.width}; }
  std::array<std::int64_t, 2> stride_array() const { return {stride.height, stride.width}; }
  std::array<std::int64_t, 2> padding_array() const { return {padding.top, padding.left}; }

  Size2d kernel;
  Size2d stride;
  Padding2d padding;
  Shape<4> shape;
};

template <class T>
void check_max_pool2d(Draw& draw) {
  const Pooling pooling(draw);
  MaxPool2d<T> layer({.kernel_size = pooling.kernel, .stride = pooling.stride, .padding = pooling.padding});
  compare_layer(
      layer, draw.tensor<T>(pooling.shape),
      [&](const at::Tensor& input, const State&) {
        return at::max_pool2d(input, pooling.kernel_array(), pooling.stride_array(), pooling.padding_array());
      },
      draw);
}

template <class T>
void check_avg_pool2d(Draw& draw) {
  const Pooling pooling(draw);
  const bool count_padding = draw.coin();
  AvgPool2d<T> layer({.kernel_size = pooling.kernel,
                      .stride = pooling.stride,
                      .padding = pooling.padding,
                      .count_include_pad = count_padding});
  compare_layer(
      layer, draw.tensor<T>(pooling.shape),
      [&](const at::Tensor& input, const State&) {
        return at::avg_pool2d(input, pooling.kernel_array(), pooling.stride_array(), pooling.padding_array(), false,
                              count_padding);
      },
      draw);
}

template <class T>
void check_global_avg_pool2d(Draw& draw) {
  GlobalAvgPool2d<T> layer;
  const auto x = draw.tensor<T>(Shape{draw.between(1, 4), draw.between(1, 9), draw.between(1, 9), draw.between(1, 9)});
  compare_layer(
      layer, x,
      [](const at::Tensor& input, const State&) {
        return input.mean(at::IntArrayRef{2, 3});
      },
      draw);
}

template <class T>
void check_adaptive_avg_pool2d(Draw& draw) {
  const Size2d size = draw.size_between(1, 9);
  AdaptiveAvgPool2d<T> layer({.output_size = size});
  const auto x =
      draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 12), draw.between(1, 12), draw.between(1, 9)});
  compare_layer(
      layer, x,
      [&](const at::Tensor& input, const State&) {
        return at::adaptive_avg_pool2d(input, {size.height, size.width});
      },
      draw);
}

template <class T>
void check_adaptive_max_pool2d(Draw& draw) {
  const Size2d size = draw.size_between(1, 9);
  AdaptiveMaxPool2d<T> layer({.output_size = size});
  const auto x =
      draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 12), draw.between(1, 12), draw.between(1, 9)});
  compare_layer(
      layer, x,
      [&](const at::Tensor& input, const State&) {
        return std::get<0>(at::adaptive_max_pool2d(input, {size.height, size.width}));
      },
      draw);
}

/// A window that may slide over a sequence, and a sequence for it.
struct SequencePooling {
  explicit SequencePooling(Draw& draw)
      : kernel(draw.between(1, 5)),
        stride(draw.between(1, 4)),
        padding(draw.between(0, kernel / 2)),
        shape{draw.between(1, 3), draw.between(kernel, kernel + 12), draw.between(1, 5)} {}

  Index kernel, stride, padding;
  Shape<3> shape;
};

template <class T>
void check_max_pool1d(Draw& draw) {
  const SequencePooling pooling(draw);
  MaxPool1d<T> layer({.kernel_size = pooling.kernel, .stride = pooling.stride, .padding = pooling.padding});
  compare_layer(
      layer, draw.tensor<T>(pooling.shape),
      [&](const at::Tensor& input, const State&) {
        return at::max_pool1d(input, pooling.kernel, pooling.stride, pooling.padding);
      },
      draw);
}

template <class T>
void check_avg_pool1d(Draw& draw) {
  const SequencePooling pooling(draw);
  const bool count_padding = draw.coin();
  AvgPool1d<T> layer({.kernel_size = pooling.kernel,
                      .stride = pooling.stride,
                      .padding = pooling.padding,
                      .count_include_pad = count_padding});
  compare_layer(
      layer, draw.tensor<T>(pooling.shape),
      [&](const at::Tensor& input, const State&) {
        return at::avg_pool1d(input, pooling.kernel, pooling.stride, pooling.padding, false, count_padding);
      },
      draw);
}

template <class T>
void check_adaptive_avg_pool1d(Draw& draw) {
  const Index size = draw.between(1, 9);
  AdaptiveAvgPool1d<T> layer({.output_size = size});
  compare_layer(
      layer, draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 12), draw.between(1, 9)}),
      [&](const at::Tensor& input, const State&) { return at::adaptive_avg_pool1d(input, size); }, draw);
}

template <class T>
void check_adaptive_max_pool1d(Draw& draw) {
  const Index size = draw.between(1, 9);
  AdaptiveMaxPool1d<T> layer({.output_size = size});
  compare_layer(
      layer, draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 12), draw.between(1, 9)}),
      [&](const at::Tensor& input, const State&) { return std::get<0>(at::adaptive_max_pool1d(input, size)); }, draw);
}

}  // namespace

void add_pooling(Agreements& agreements) {
  agreements.push_back({"max_pool2d", check_max_pool2d<double>, check_max_pool2d<float>});
  agreements.push_back({"avg_pool2d", check_avg_pool2d<double>, check_avg_pool2d<float>});
  agreements.push_back({"adaptive_avg_pool2d", check_adaptive_avg_pool2d<double>, check_adaptive_avg_pool2d<float>});
  agreements.push_back({"adaptive_max_pool2d", check_adaptive_max_pool2d<double>, check_adaptive_max_pool2d<float>});
  agreements.push_back({"max_pool1d", check_max_pool1d<double>, check_max_pool1d<float>});
  agreements.push_back({"avg_pool1d", check_avg_pool1d<double>, check_avg_pool1d<float>});
  agreements.push_back({"adaptive_avg_pool1d", check_adaptive_avg_pool1d<double>, check_adaptive_avg_pool1d<float>});
  agreements.push_back({"adaptive_max_pool1d", check_adaptive_max_pool1d<double>, check_adaptive_max_pool1d<float>});
  agreements.push_back({"global_avg_pool2d", check_global_avg_pool2d<double>, check_global_avg_pool2d<float>});
}

}  // namespace pupil::agreement
