#pragma once
// GroupNorm: the channels of every image, in groups, are moved and scaled to mean 0 and variance 1, then each channel
// to a learned mean and deviation. Wu and He, "Group normalization", 2018. PyTorch's twin is nn.GroupNorm, on
// channels-last images.
//
// With mean m and variance v over the n numbers of a group, which are all pixels of its channels in one image,
//
//   y = z w + b,   z = (x - m) s,   s = 1 / sqrt(v + epsilon)
//   db += sum of dy        dw += sum of dy z
//   dx = s (g - mean of g - z mean of g z)   with g = dy w, means over the group
//
// Training and inference are the same. One group normalizes whole images; as many as channels, each channel alone.

#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/norm/group_norm.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct GroupNormOptions {
  Index num_groups = 0;
  Index num_channels = 0;
  double epsilon = 1e-5;
  bool affine = true;  ///< whether there are a weight and a bias
};

/// Normalizes [batch, ..., num_channels]: the dimensions between, however many, are the pixels.
template <class T>
class GroupNorm {
 public:
  struct Context {
    Tensor<T, 2> input;  ///< [batch * pixels, num_channels]
    kernels::GroupMoments<T> moments;
    UnreadForward unread{};
  };

  /// Weights of 1, biases of 0. Throws OptionError where there are none, where the groups do not divide the channels,
  /// or for an epsilon that is not positive.
  explicit GroupNorm(const GroupNormOptions& options) : options_(options) {
    require<OptionError>(options.num_channels >= 1 && options.num_groups >= 1, "group_norm: cannot normalize ",
                         options.num_channels, " channels in ", options.num_groups, " groups, each must be at least 1");
    require<OptionError>(options.num_channels % options.num_groups == 0, "group_norm: ", options.num_groups,
                         " groups do not divide ", options.num_channels, " channels");
    require<OptionError>(options.epsilon > 0, "group_norm: the epsilon ", options.epsilon, " is not positive");
    weight_ = Parameter(Tensor<T, 1>::full({options.num_channels}, T{1}));
    bias_ = Parameter(Tensor<T, 1>({options.num_channels}));
  }

  /// x [batch, ..., num_channels] gives as much. Throws ShapeError where x has other channels, or no pixels.
  template <std::size_t Rank>
  Tensor<T, Rank> forward(const Tensor<T, Rank>& x) const requires(Rank >= 2) {
    kernels::GroupMoments<T> unused;
    return normalized(x, unused);
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const requires(Rank >= 2) {
    check(x.shape());
    context.unread.begin("group_norm");
    auto y = normalized(x, context.moments);
    const Shape<2> matrix{x.rows(), x.columns()};
    context.input = std::move(x).reshaped(matrix);
    return y;
  }

  /// dx, in the memory of dy where that is moved in.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) requires(Rank >= 2) {
    moved_.check("group_norm");
    context.unread.require_forward("group_norm");
    const Shape<2> expected = context.input.shape();
    require<ShapeError>(dy.rows() == expected[0] && dy.columns() == expected[1], "group_norm: the gradient ",
                        dy.shape(), " does not fit the output ", expected);
    require<ShapeError>(expected[1] == options_.num_channels, "group_norm: the context has ", expected[1],
                        " channels, the layer was made for ", options_.num_channels);
    context.unread.end();
    kernels::group_norm_backward(dy.data(), kernels::matrix(context.input), context.moments, weight_.value,
                                 options_.affine ? weight_.gradient.data() : nullptr,
                                 options_.affine ? bias_.gradient.data() : nullptr);
    return dy;
  }

  /// What forward gives for an x of this shape, or throws.
  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const requires(Rank >= 2) {
    check(x);
    return x;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("group_norm");
    if (!options_.affine) return;
    visitor(name / "weight", weight_);
    visitor(name / "bias", bias_);
  }

  const GroupNormOptions& options() const { return options_; }

 private:
  template <std::size_t Rank>
  void check(const Shape<Rank>& x) const {
    moved_.check("group_norm");
    require<ShapeError>(x[Rank - 1] == options_.num_channels, "group_norm: input has ", x[Rank - 1],
                        " channels, the layer was made for ", options_.num_channels, " (input ", x, ")");
    require<ShapeError>(x[0] == 0 || x.size() > 0, "group_norm: the input ", x, " has no pixels");
  }

  template <std::size_t Rank>
  Tensor<T, Rank> normalized(const Tensor<T, Rank>& x, kernels::GroupMoments<T>& moments) const {
    check(x.shape());
    const Shape<2> groups{x.dim(0), options_.num_groups};
    moments.mean = Tensor<T, 2>::uninitialized(groups);
    moments.inverse_deviation = Tensor<T, 2>::uninitialized(groups);
    auto y = Tensor<T, Rank>::uninitialized(x.shape());
    kernels::group_norm(kernels::matrix(x), options_.epsilon, weight_.value, bias_.value, moments, y.data());
    return y;
  }

  GroupNormOptions options_;
  Parameter<T, 1> weight_;  // 1 and 0 where the layer has none
  Parameter<T, 1> bias_;
  MoveMark moved_;
};

}  // namespace pupil
