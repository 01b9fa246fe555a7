#pragma once
// InvertedResidual: the block of MobileNetV2. Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals
// and linear bottlenecks", 2018. torchvision's twin is mobilenetv2.InvertedResidual.
//
//   y = project(depthwise(expand(x)))        + x where neither size nor channels change
//
// expand is 1x1 and makes more channels, unless the ratio is 1, where there is none; depthwise is 3x3, a filter a
// channel; both end in ReLU6. project is 1x1 and linear.

#include <optional>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct InvertedResidualOptions {
  Index in_channels = 0;
  Index out_channels = 0;
  Index stride = 1;
  Index expand_ratio = 6;
  Padding2d padding = 1;  ///< of the 3x3 convolution
  bool frozen_statistics = false;
};

template <class T>
class InvertedResidual {
 public:
  struct Context {
    typename Conv2dNormActivation<T>::Context expand, depthwise, project;
  };

  InvertedResidual(const InvertedResidualOptions& options, Rng& rng)
      : options_(options),
        adds_input_(options.stride == 1 && options.in_channels == options.out_channels),
        expand_(expansion(options, rng)),
        depthwise_({.conv = {.in_channels = hidden_channels(options),
                             .out_channels = hidden_channels(options),
                             .kernel_size = 3,
                             .stride = options.stride,
                             .padding = options.padding,
                             .groups = hidden_channels(options),
                             .bias = false},
                    .activation = Activation::relu6,
                    .frozen_statistics = options.frozen_statistics},
                   rng),
        project_(
            {.conv = {.in_channels = hidden_channels(options), .out_channels = options.out_channels, .bias = false},
             .activation = Activation::none,
             .frozen_statistics = options.frozen_statistics},
            rng) {}

  /// x [N, H, W, in_channels] gives [N, ceil(H / stride), ceil(W / stride), out_channels].
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    const auto hidden = expand_ ? depthwise_.forward(expand_->forward(x)) : depthwise_.forward(x);
    return adds_input_ ? project_.forward(hidden, x) : project_.forward(hidden);
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    const detail::EmptiedByException emptied(context);
    if (expand_) x = expand_->forward(std::move(x), context.expand);
    auto hidden = depthwise_.forward(std::move(x), context.depthwise);
    if (!adds_input_) return project_.forward(std::move(hidden), context.project);
    const Tensor<T, 4>& input = expand_ ? context.expand.input() : context.depthwise.input();
    return project_.forward(std::move(hidden), input, context.project);
  }

  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) {
    if (!adds_input_) return behind_project(project_.backward(std::move(dy), context.project), context);
    auto [d_hidden, d_input] = project_.backward_with_residual(std::move(dy), context.project);
    auto dx = behind_project(std::move(d_hidden), context);
    kernels::add_to(dx, d_input);
    return dx;
  }

  /// As backward, without dx: for the first block that is trained.
  void backward_parameters(Tensor<T, 4> dy, const Context& context) {
    auto d_hidden = adds_input_ ? project_.backward_with_residual(std::move(dy), context.project).dx
                                : project_.backward(std::move(dy), context.project);
    if (expand_) {
      auto d_expanded = depthwise_.backward(std::move(d_hidden), context.depthwise);
      expand_->backward_parameters(std::move(d_expanded), context.expand);
    } else {
      depthwise_.backward_parameters(std::move(d_hidden), context.depthwise);
    }
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    return project_.output_shape(depthwise_.output_shape(expand_ ? expand_->output_shape(x) : x));
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<4> summarize(Table& table, const Name& name, const Shape<4>& x) const {
    const Name conv = name / "conv";
    Index part = 0;
    auto y = x;
    const auto add = [&](auto& layer) {
      const Name own = conv / part++;
      y = layer.summarize(table, own / "0", own / "1", own / "2", y);
    };
    if (expand_) add(*expand_);
    add(depthwise_);
    return project_.summarize(table, conv / part, conv / (part + 1), conv / (part + 2), y);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    const Name conv = name / "conv";
    Index part = 0;
    if (expand_) expand_->visit(visitor, conv / part++);
    depthwise_.visit(visitor, conv / part++);
    project_.visit(visitor, conv / part, conv / (part + 1));
  }

  const InvertedResidualOptions& options() const { return options_; }

 private:
  static Index hidden_channels(const InvertedResidualOptions& options) {
    require<OptionError>(options.expand_ratio >= 1, "inverted_residual: expand_ratio is ", options.expand_ratio,
                         ", not at least 1");
    return options.in_channels * options.expand_ratio;
  }

  static std::optional<Conv2dNormActivation<T>> expansion(const InvertedResidualOptions& options, Rng& rng) {
    if (options.expand_ratio == 1) return std::nullopt;
    return Conv2dNormActivation<T>(
        {.conv = {.in_channels = options.in_channels, .out_channels = hidden_channels(options), .bias = false},
         .activation = Activation::relu6,
         .frozen_statistics = options.frozen_statistics},
        rng);
  }

  Tensor<T, 4> behind_project(Tensor<T, 4> d_hidden, const Context& context) {
    auto dx = depthwise_.backward(std::move(d_hidden), context.depthwise);
    return expand_ ? expand_->backward(std::move(dx), context.expand) : std::move(dx);
  }

  InvertedResidualOptions options_;
  bool adds_input_;
  std::optional<Conv2dNormActivation<T>> expand_;
  Conv2dNormActivation<T> depthwise_;
  Conv2dNormActivation<T> project_;
};

}  // namespace pupil
