#pragma once
// InstanceNorm2d: every channel of every image is moved and scaled to mean 0 and variance 1. Ulyanov, Vedaldi and
// Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016. PyTorch's twin is
// nn.InstanceNorm2d without running statistics, on channels-last images.
//
// With mean m and variance v over the pixels of a channel in one image,
//
//   y = z w + b,   z = (x - m) s,   s = 1 / sqrt(v + epsilon)
//   db += sum of dy        dw += sum of dy z
//   dx = s (g - mean of g - z mean of g z)   with g = dy w, means over the pixels
//
// It is a GroupNorm of as many groups as channels, by the same kernels. Training and inference are the same. Of a
// single pixel, y is b: there is nothing else to say of it.

#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/norm/group_norm.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct InstanceNorm2dOptions {
  Index num_features = 0;  ///< channels
  double epsilon = 1e-5;
  bool affine = false;  ///< whether there are a weight and a bias
};

/// Normalizes [batch, height, width, num_features].
template <class T>
class InstanceNorm2d {
 public:
  struct Context {
    Tensor<T, 4> input;
    kernels::GroupMoments<T> moments;
    UnreadForward unread{};
  };

  /// Weights of 1, biases of 0. Throws OptionError for less than one channel, or an epsilon that is not positive.
  explicit InstanceNorm2d(const InstanceNorm2dOptions& options) : options_(options) {
    require<OptionError>(options.num_features >= 1, "instance_norm2d: cannot normalize ", options.num_features,
                         " channels, there must be at least 1");
    require<OptionError>(options.epsilon > 0, "instance_norm2d: the epsilon ", options.epsilon, " is not positive");
    weight_ = Parameter(Tensor<T, 1>::full({options.num_features}, T{1}));
    bias_ = Parameter(Tensor<T, 1>({options.num_features}));
  }

  /// Throws ShapeError where x has other channels, or no pixels.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    kernels::GroupMoments<T> unused;
    return normalized(x, unused);
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) const {
    check(x.shape());
    context.unread.begin("instance_norm2d");
    auto y = normalized(x, context.moments);
    context.input = std::move(x);
    return y;
  }

  /// dx, in the memory of dy where that is moved in.
  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) {
    moved_.check("instance_norm2d");
    context.unread.require_forward("instance_norm2d");
    const Shape<4>& expected = context.input.shape();
    require<ShapeError>(dy.shape() == expected, "instance_norm2d: the gradient ", dy.shape(),
                        " does not fit the output ", expected);
    require<ShapeError>(expected[3] == options_.num_features, "instance_norm2d: the context has ", expected[3],
                        " channels, the layer was made for ", options_.num_features);
    context.unread.end();
    kernels::group_norm_backward(dy.data(), kernels::matrix(context.input), context.moments, weight_.value,
                                 options_.affine ? weight_.gradient.data() : nullptr,
                                 options_.affine ? bias_.gradient.data() : nullptr);
    return dy;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    check(x);
    return x;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("instance_norm2d");
    if (!options_.affine) return;
    visitor(name / "weight", weight_);
    visitor(name / "bias", bias_);
  }

  const InstanceNorm2dOptions& options() const { return options_; }

 private:
  void check(const Shape<4>& x) const {
    moved_.check("instance_norm2d");
    require<ShapeError>(x[3] == options_.num_features, "instance_norm2d: input has ", x[3],
                        " channels, the layer was made for ", options_.num_features, " (input ", x, ")");
    require<ShapeError>(x[1] >= 1 && x[2] >= 1, "instance_norm2d: the input ", x, " has no pixels");
  }

  Tensor<T, 4> normalized(const Tensor<T, 4>& x, kernels::GroupMoments<T>& moments) const {
    check(x.shape());
    const Shape<2> channels{x.dim(0), options_.num_features};
    moments.mean = Tensor<T, 2>::uninitialized(channels);
    moments.inverse_deviation = Tensor<T, 2>::uninitialized(channels);
    auto y = Tensor<T, 4>::uninitialized(x.shape());
    kernels::group_norm(kernels::matrix(x), options_.epsilon, weight_.value, bias_.value, moments, y.data());
    return y;
  }

  InstanceNorm2dOptions options_;
  Parameter<T, 1> weight_;  // 1 and 0 where the layer has none
  Parameter<T, 1> bias_;
  MoveMark moved_;
};

}  // namespace pupil
