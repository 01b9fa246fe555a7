#pragma once
// Conv2dNormActivation: a convolution, a batch norm and a rectifier, of which image networks are built. torchvision's
// twin is ops.Conv2dNormActivation.
//
//   y = activation(norm(conv(x)))        y = activation(norm(conv(x)) + residual)
//
// Norm and activation may be absent.

#include <optional>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/add.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>

namespace pupil {

enum class Activation { none, relu, relu6 };

struct Conv2dNormActivationOptions {
  Conv2dOptions conv;
  bool norm = true;
  Activation activation = Activation::relu;
  double epsilon = 1e-5;           ///< of the norm
  bool frozen_statistics = false;  ///< of the norm
};

template <class T>
class Conv2dNormActivation {
 public:
  struct Context {
    typename Conv2d<T>::Context conv;
    typename BatchNorm2d<T>::Context norm;
    typename Relu<T>::Context relu;
    typename Relu6<T>::Context relu6;

    /// The x of the forward pass.
    const Tensor<T, 4>& input() const { return conv.input; }
  };

  /// What backward gives where a residual was added.
  struct Gradients {
    Tensor<T, 4> dx;
    Tensor<T, 4> d_residual;
  };

  /// Begins as Conv2d and BatchNorm2d do, and throws what they throw.
  Conv2dNormActivation(const Conv2dNormActivationOptions& options, Rng& rng)
      : options_(options), conv_(options.conv, rng) {
    if (options.norm) {
      norm_.emplace(BatchNorm2dOptions{.num_features = options.conv.out_channels,
                                       .epsilon = options.epsilon,
                                       .frozen_statistics = options.frozen_statistics});
    }
  }

  /// x [N, H, W, in_channels] gives [N, OH, OW, out_channels], as Conv2d.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const { return activated(normalized(conv_.forward(x))); }

  /// The residual is of the output's shape; throws ShapeError where it is not.
  Tensor<T, 4> forward(const Tensor<T, 4>& x, const Tensor<T, 4>& residual) const {
    auto y = normalized(conv_.forward(x));
    kernels::add_to(y, residual);
    return activated(std::move(y));
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    return activated(normalized(conv_.forward(std::move(x), context.conv), context), context);
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, const Tensor<T, 4>& residual, Context& context) {
    auto y = normalized(conv_.forward(std::move(x), context.conv), context);
    kernels::add_to(y, residual);
    return activated(std::move(y), context);
  }

  /// dx, after a forward pass without a residual.
  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) {
    return conv_.backward(behind_conv(behind_activation(std::move(dy), context), context), context.conv);
  }

  /// Both gradients, after a forward pass with a residual.
  Gradients backward_with_residual(Tensor<T, 4> dy, const Context& context) {
    auto d_residual = behind_activation(std::move(dy), context);
    auto dx = conv_.backward(behind_conv(d_residual, context), context.conv);
    return {std::move(dx), std::move(d_residual)};
  }

  /// As backward, without dx: for the first layer that is trained.
  void backward_parameters(Tensor<T, 4> dy, const Context& context) {
    conv_.backward_parameters(behind_conv(behind_activation(std::move(dy), context), context), context.conv);
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const { return conv_.output_shape(x); }

  /// One line for each of the three; see nn/summary.hpp.
  template <class Table>
  Shape<4> summarize(Table& table, const Name& conv_name, const Name& norm_name, const Name& activation_name,
                     const Shape<4>& x) {
    auto y = table.add(conv_name, conv_, x);
    if (norm_) y = table.add(norm_name, *norm_, y);
    if (options_.activation == Activation::relu) y = table.add(activation_name, relu_, y);
    if (options_.activation == Activation::relu6) y = table.add(activation_name, relu6_, y);
    return y;
  }

  /// Convolution and norm lie under names of their own: networks have them side by side, as "conv1" and "bn1".
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& conv_name, const Name& norm_name) {
    conv_.visit(visitor, conv_name);
    if (norm_) norm_->visit(visitor, norm_name);
  }

  /// The names that torchvision's own has.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visit(visitor, name / "0", name / "1");
  }

  const Conv2dNormActivationOptions& options() const { return options_; }

 private:
  Tensor<T, 4> normalized(Tensor<T, 4> y) const {
    if (norm_) return norm_->forward(std::as_const(y));
    return y;
  }
  Tensor<T, 4> normalized(Tensor<T, 4> y, Context& context) {
    if (norm_) return norm_->forward(std::move(y), context.norm);
    return y;
  }

  Tensor<T, 4> activated(Tensor<T, 4> y) const {
    if (options_.activation == Activation::relu) return relu_.forward(std::move(y));
    if (options_.activation == Activation::relu6) return relu6_.forward(std::move(y));
    return y;
  }
  Tensor<T, 4> activated(Tensor<T, 4> y, Context& context) const {
    if (options_.activation == Activation::relu) return relu_.forward(std::move(y), context.relu);
    if (options_.activation == Activation::relu6) return relu6_.forward(std::move(y), context.relu6);
    return y;
  }

  /// The gradient of what the activation was given.
  Tensor<T, 4> behind_activation(Tensor<T, 4> dy, const Context& context) const {
    if (options_.activation == Activation::relu) return relu_.backward(std::move(dy), context.relu);
    if (options_.activation == Activation::relu6) return relu6_.backward(std::move(dy), context.relu6);
    return dy;
  }
  /// The gradient of what the convolution gave, from that of what the norm gave.
  Tensor<T, 4> behind_conv(Tensor<T, 4> dy, const Context& context) {
    if (norm_) return norm_->backward(std::move(dy), context.norm);
    return dy;
  }

  Conv2dNormActivationOptions options_;
  Conv2d<T> conv_;
  std::optional<BatchNorm2d<T>> norm_;
  Relu<T> relu_;
  Relu6<T> relu6_;
};

}  // namespace pupil
