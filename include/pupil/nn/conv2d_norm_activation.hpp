#pragma once
// Conv2dNormActivation: a convolution, a batch norm and a rectifier, of which image networks are built. torchvision's
// twin is ops.Conv2dNormActivation.
//
//   y = activation(norm(conv(x)))        y = activation(norm(conv(x)) + residual)
//
// Norm and activation may be absent. Inference takes one pass over memory. Training takes one behind the convolution's
// and that of the statistics, backward two before the convolution's.

#include <optional>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/kernels/pointwise/bit_mask.hpp>
#include <pupil/kernels/pointwise/rectifier.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

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
    kernels::BitMask passes;  ///< the activation

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
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const { return infer(x, nullptr); }

  /// The residual is of the output's shape; throws ShapeError where it is not.
  Tensor<T, 4> forward(const Tensor<T, 4>& x, const Tensor<T, 4>& residual) const {
    check_residual(residual.shape(), output_shape(x.shape()));
    return infer(x, residual.data());
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    const detail::EmptiedByException emptied(context);
    return behind_conv(conv_.forward(std::move(x), context.conv), nullptr, context);
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, const Tensor<T, 4>& residual, Context& context) {
    const detail::EmptiedByException emptied(context);
    auto y = conv_.forward(std::move(x), context.conv);
    check_residual(residual.shape(), y.shape());
    return behind_conv(std::move(y), &residual, context);
  }

  /// dx, after a forward pass without a residual.
  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) {
    return conv_.backward(gradient_behind_conv(std::move(dy), context), context.conv);
  }

  /// Both gradients, after a forward pass with a residual.
  Gradients backward_with_residual(Tensor<T, 4> dy, const Context& context) {
    if (norm_) {
      auto dx = conv_.backward(norm_->backward_with_residual(dy, context.norm, passes_of(context)), context.conv);
      return {std::move(dx), std::move(dy)};
    }
    dy = gradient_behind_conv(std::move(dy), context);
    auto dx = conv_.backward(dy, context.conv);
    return {std::move(dx), std::move(dy)};
  }

  /// As backward, without dx: for the first layer that is trained.
  void backward_parameters(Tensor<T, 4> dy, const Context& context) {
    conv_.backward_parameters(gradient_behind_conv(std::move(dy), context), context.conv);
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const { return conv_.output_shape(x); }

  /// One line for each of the three; see nn/summary.hpp.
  template <class Table>
  Shape<4> summarize(Table& table, const Name& conv_name, const Name& norm_name, const Name& activation_name,
                     const Shape<4>& x) const {
    auto y = table.add(conv_name, conv_, x);
    if (norm_) y = table.add(norm_name, *norm_, y);
    Relu<T> relu;
    Relu6<T> relu6;
    if (options_.activation == Activation::relu) y = table.add(activation_name, relu, y);
    if (options_.activation == Activation::relu6) y = table.add(activation_name, relu6, y);
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
  static void check_residual(const Shape<4>& residual, const Shape<4>& output) {
    require<ShapeError>(residual == output, "conv2d_norm_activation: the residual ", residual,
                        " does not fit the output ", output);
  }

  /// Norm, residual and activation end the convolution, while its sums are in registers.
  Tensor<T, 4> infer(const Tensor<T, 4>& x, const T* residual) const {
    kernels::Epilogue<T> epilogue{.residual = residual};
    epilogue.rectified_by(options_.activation);
    if (!norm_) return conv_.forward_and_finish(x, epilogue);
    const auto norm = norm_->folded();
    epilogue.scale = norm.scale.data();
    epilogue.shift = norm.shift.data();
    return conv_.forward_and_finish(x, epilogue);
  }

  /// Norm, residual and activation of what the convolution gave.
  Tensor<T, 4> behind_conv(Tensor<T, 4> y, const Tensor<T, 4>* residual, Context& context) {
    if (norm_) {
      return norm_->forward_and_activate(std::move(y), residual == nullptr ? nullptr : residual->data(),
                                         options_.activation, context.norm, context.passes);
    }
    if (residual != nullptr) kernels::add_to(y, *residual);
    if (options_.activation == Activation::none) return y;
    kernels::with_rectifier(options_.activation, [&]<class Function>(Function) {
      kernels::map_and_mask(
          y.data(), y.size(), [](T value) { return Function::passes(value); },
          [](T value) { return Function::value(value); }, context.passes);
    });
    return y;
  }

  /// The gradient of what the convolution gave; without a norm, that of the residual too.
  Tensor<T, 4> gradient_behind_conv(Tensor<T, 4> dy, const Context& context) {
    context.conv.unread.require_forward("conv2d_norm_activation");
    const kernels::BitMask* const passes = passes_of(context);
    if (norm_) return norm_->backward_of_activated(std::move(dy), context.norm, passes);
    if (passes == nullptr) return dy;
    require<ShapeError>(dy.size() == passes->size(), "conv2d_norm_activation: the gradient ", dy.shape(),
                        " does not fit the output of ", passes->size(), " elements");
    kernels::apply_mask(*passes, T{1}, dy.data());
    return dy;
  }

  const kernels::BitMask* passes_of(const Context& context) const {
    return options_.activation == Activation::none ? nullptr : &context.passes;
  }

  Conv2dNormActivationOptions options_;
  Conv2d<T> conv_;
  std::optional<BatchNorm2d<T>> norm_;
};

}  // namespace pupil
