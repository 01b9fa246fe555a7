#pragma once
// Bottleneck: the residual block of ResNet-50 and deeper ones, whose 3x3 convolution sees a quarter of the channels.
// He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016, with the stride on the 3x3 convolution
// ("v1.5"). torchvision's twin is resnet.Bottleneck.
//
//   y = relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))) + shortcut(x))
//
// conv1 and conv3 are 1x1. The shortcut is x itself, or a 1x1 convolution and batch norm where the block changes the
// image's size or channels.

#include <optional>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct BottleneckOptions {
  Index in_channels = 0;
  Index hidden_channels = 0;
  Index out_channels = 0;
  Index stride = 1;
  Padding2d padding = 1;  ///< of the 3x3 convolution
  bool frozen_statistics = false;
};

template <class T>
class Bottleneck {
 public:
  struct Context {
    typename Conv2dNormActivation<T>::Context conv1, conv2, conv3, downsample;
  };

  Bottleneck(const BottleneckOptions& options, Rng& rng)
      : options_(options),
        conv1_({.conv = {.in_channels = options.in_channels, .out_channels = options.hidden_channels, .bias = false},
                .frozen_statistics = options.frozen_statistics},
               rng),
        conv2_({.conv = {.in_channels = options.hidden_channels,
                         .out_channels = options.hidden_channels,
                         .kernel_size = 3,
                         .stride = options.stride,
                         .padding = options.padding,
                         .bias = false},
                .frozen_statistics = options.frozen_statistics},
               rng),
        conv3_({.conv = {.in_channels = options.hidden_channels, .out_channels = options.out_channels, .bias = false},
                .frozen_statistics = options.frozen_statistics},
               rng) {
    if (options.stride != 1 || options.in_channels != options.out_channels) {
      downsample_.emplace(Conv2dNormActivationOptions{.conv = {.in_channels = options.in_channels,
                                                               .out_channels = options.out_channels,
                                                               .stride = options.stride,
                                                               .bias = false},
                                                      .activation = Activation::none,
                                                      .frozen_statistics = options.frozen_statistics},
                          rng);
    }
  }

  /// x [N, H, W, in_channels] gives [N, ceil(H / stride), ceil(W / stride), out_channels].
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    const auto hidden = conv2_.forward(conv1_.forward(x));
    return downsample_ ? conv3_.forward(hidden, downsample_->forward(x)) : conv3_.forward(hidden, x);
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    const detail::EmptiedByException emptied(context);
    if (downsample_) {
      const auto shortcut = downsample_->forward(x, context.downsample);
      return conv3_.forward(hidden(std::move(x), context), shortcut, context.conv3);
    }
    auto last = hidden(std::move(x), context);
    return conv3_.forward(std::move(last), context.conv1.input(), context.conv3);
  }

  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) {
    auto [d_hidden, d_shortcut] = conv3_.backward_with_residual(std::move(dy), context.conv3);
    auto dx = conv1_.backward(conv2_.backward(std::move(d_hidden), context.conv2), context.conv1);
    if (downsample_) d_shortcut = downsample_->backward(std::move(d_shortcut), context.downsample);
    kernels::add_to(dx, d_shortcut);
    return dx;
  }

  /// As backward, without dx: for the first block that is trained.
  void backward_parameters(Tensor<T, 4> dy, const Context& context) {
    auto [d_hidden, d_shortcut] = conv3_.backward_with_residual(std::move(dy), context.conv3);
    conv1_.backward_parameters(conv2_.backward(std::move(d_hidden), context.conv2), context.conv1);
    if (downsample_) downsample_->backward_parameters(std::move(d_shortcut), context.downsample);
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    return conv3_.output_shape(conv2_.output_shape(conv1_.output_shape(x)));
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<4> summarize(Table& table, const Name& name, const Shape<4>& x) const {
    if (downsample_) {
      const Name shortcut = name / "downsample";
      downsample_->summarize(table, shortcut / "0", shortcut / "1", shortcut / "2", x);
    }
    auto y = conv1_.summarize(table, name / "conv1", name / "bn1", name / "relu", x);
    y = conv2_.summarize(table, name / "conv2", name / "bn2", name / "relu", y);
    return conv3_.summarize(table, name / "conv3", name / "bn3", name / "relu", y);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    conv1_.visit(visitor, name / "conv1", name / "bn1");
    conv2_.visit(visitor, name / "conv2", name / "bn2");
    conv3_.visit(visitor, name / "conv3", name / "bn3");
    if (downsample_) downsample_->visit(visitor, name / "downsample");
  }

  const BottleneckOptions& options() const { return options_; }

 private:
  Tensor<T, 4> hidden(Tensor<T, 4> x, Context& context) {
    return conv2_.forward(conv1_.forward(std::move(x), context.conv1), context.conv2);
  }

  BottleneckOptions options_;
  Conv2dNormActivation<T> conv1_;
  Conv2dNormActivation<T> conv2_;
  Conv2dNormActivation<T> conv3_;
  std::optional<Conv2dNormActivation<T>> downsample_;
};

}  // namespace pupil
