#pragma once
// LayerNorm: every row is moved and scaled to mean 0 and variance 1, then each feature to a learned mean and deviation.
// Ba, Kiros and Hinton, "Layer normalization", 2016. PyTorch's twin is nn.LayerNorm over the last dimension.
//
// With mean m and variance v over the features of a row,
//
//   y = z w + b,   z = (x - m) s,   s = 1 / sqrt(v + epsilon)
//   db += sum over rows of dy        dw += sum over rows of dy z
//   dx = s (g - mean of g - z mean of g z)   with g = dy w, means over the features of the row
//
// Training and inference are the same.

#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/norm/layer_norm.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct LayerNormOptions {
  Index normalized_shape = 0;  ///< the features of a row
  double epsilon = 1e-5;
  bool elementwise_affine = true;  ///< whether there are a weight and, where `bias` is set, a bias
  bool bias = true;
};

/// Normalizes the last dimension of a tensor; the other dimensions, however many, are its rows.
template <class T>
class LayerNorm {
 public:
  struct Context {
    Tensor<T, 2> input;  ///< [rows, normalized_shape]
    kernels::RowMoments<T> moments;
    UnreadForward unread{};
  };

  /// Weights of 1, biases of 0. Throws OptionError for less than one feature, or an epsilon that is not positive.
  explicit LayerNorm(const LayerNormOptions& options)
      : options_(options), has_weight_(options.elementwise_affine), has_bias_(has_weight_ && options.bias) {
    require<OptionError>(options.normalized_shape >= 1, "layer_norm: cannot normalize ", options.normalized_shape,
                         " features, there must be at least 1");
    require<OptionError>(options.epsilon > 0, "layer_norm: the epsilon ", options.epsilon, " is not positive");
    weight_ = Parameter(Tensor<T, 1>::full({options.normalized_shape}, T{1}));
    bias_ = Parameter(Tensor<T, 1>({options.normalized_shape}));
  }

  /// x [..., normalized_shape] gives as much. Throws ShapeError where the last extent is another.
  template <std::size_t Rank>
  Tensor<T, Rank> forward(const Tensor<T, Rank>& x) const {
    kernels::RowMoments<T> unused;
    return normalized(x, unused);
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const {
    check(x.shape());
    context.unread.begin("layer_norm");
    auto y = normalized(x, context.moments);
    const Shape<2> matrix{x.rows(), x.columns()};
    context.input = std::move(x).reshaped(matrix);
    return y;
  }

  /// dx, in the memory of dy where that is moved in.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) {
    moved_.check("layer_norm");
    context.unread.require_forward("layer_norm");
    const Shape<2> expected = context.input.shape();
    require<ShapeError>(dy.rows() == expected[0] && dy.columns() == expected[1], "layer_norm: the gradient ",
                        dy.shape(), " does not fit the output ", expected);
    require<ShapeError>(expected[1] == options_.normalized_shape, "layer_norm: the context has ", expected[1],
                        " features, the layer was made for ", options_.normalized_shape);
    context.unread.end();
    kernels::layer_norm_backward(dy.data(), kernels::matrix(context.input), context.moments, weight_.value,
                                 has_weight_ ? weight_.gradient.data() : nullptr,
                                 has_bias_ ? bias_.gradient.data() : nullptr);
    return dy;
  }

  /// What forward gives for an x of this shape, or throws.
  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    check(x);
    return x;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("layer_norm");
    if (has_weight_) visitor(name / "weight", weight_);
    if (has_bias_) visitor(name / "bias", bias_);
  }

  const LayerNormOptions& options() const { return options_; }

 private:
  template <std::size_t Rank>
  void check(const Shape<Rank>& x) const {
    moved_.check("layer_norm");
    require<ShapeError>(x[Rank - 1] == options_.normalized_shape, "layer_norm: input has ", x[Rank - 1],
                        " features, the layer was made for ", options_.normalized_shape, " (input ", x, ")");
  }

  template <std::size_t Rank>
  Tensor<T, Rank> normalized(const Tensor<T, Rank>& x, kernels::RowMoments<T>& moments) const {
    check(x.shape());
    moments.mean = Tensor<T, 1>::uninitialized({x.rows()});
    moments.inverse_deviation = Tensor<T, 1>::uninitialized({x.rows()});
    auto y = Tensor<T, Rank>::uninitialized(x.shape());
    kernels::layer_norm(kernels::matrix(x), static_cast<T>(options_.epsilon), weight_.value, bias_.value, moments,
                        y.data());
    return y;
  }

  LayerNormOptions options_;
  bool has_weight_;
  bool has_bias_;
  Parameter<T, 1> weight_;  // 1 and 0 where the layer has none
  Parameter<T, 1> bias_;
  MoveMark moved_;
};

}  // namespace pupil
