#pragma once
// RmsNorm: every row is scaled to a mean square of 1, then each feature by a learned weight: a layer norm without mean
// and bias, which costs less. Zhang and Sennrich, "Root mean square layer normalization", 2019. PyTorch's twin is
// nn.RMSNorm (since 2.4) over the last dimension.
//
//   y = z w,   z = x s,   s = 1 / sqrt(mean of x^2 + epsilon)        the mean over the features of a row
//   dw += sum over rows of dy z        dx = s (g - z mean of g z)   with g = dy w
//
// Training and inference are the same.

#include <limits>
#include <optional>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/norm/rms_norm.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct RmsNormOptions {
  Index normalized_shape = 0;          ///< the features of a row
  std::optional<double> epsilon = {};  ///< none: the distance from 1 to the next number of the scalar, as in PyTorch
  bool elementwise_affine = true;      ///< whether there is a weight
};

/// Normalizes the last dimension of a tensor; the other dimensions, however many, are its rows.
template <class T>
class RmsNorm {
 public:
  struct Context {
    Tensor<T, 2> input;          ///< [rows, normalized_shape]
    Tensor<T, 1> inverse_roots;  ///< the s of each row
    UnreadForward unread{};
  };

  /// Weights of 1. Throws OptionError for less than one feature, or an epsilon that is not positive.
  explicit RmsNorm(const RmsNormOptions& options) : options_(options) {
    require<OptionError>(options.normalized_shape >= 1, "rms_norm: cannot normalize ", options.normalized_shape,
                         " features, there must be at least 1");
    require<OptionError>(options.epsilon.value_or(1) > 0, "rms_norm: the epsilon ", options.epsilon.value_or(1),
                         " is not positive");
    weight_ = Parameter(Tensor<T, 1>::full({options.normalized_shape}, T{1}));
  }

  /// x [..., normalized_shape] gives as much. Throws ShapeError where the last extent is another.
  template <std::size_t Rank>
  Tensor<T, Rank> forward(const Tensor<T, Rank>& x) const {
    Tensor<T, 1> unused;
    return normalized(x, unused);
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const {
    check(x.shape());
    context.unread.begin("rms_norm");
    auto y = normalized(x, context.inverse_roots);
    const Shape<2> matrix{x.rows(), x.columns()};
    context.input = std::move(x).reshaped(matrix);
    return y;
  }

  /// dx, in the memory of dy where that is moved in.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) {
    moved_.check("rms_norm");
    context.unread.require_forward("rms_norm");
    const Shape<2> expected = context.input.shape();
    require<ShapeError>(dy.rows() == expected[0] && dy.columns() == expected[1], "rms_norm: the gradient ", dy.shape(),
                        " does not fit the output ", expected);
    require<ShapeError>(expected[1] == options_.normalized_shape, "rms_norm: the context has ", expected[1],
                        " features, the layer was made for ", options_.normalized_shape);
    context.unread.end();
    kernels::rms_norm_backward(dy.data(), kernels::matrix(context.input), context.inverse_roots, weight_.value,
                               options_.elementwise_affine ? weight_.gradient.data() : nullptr);
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
    moved_.check("rms_norm");
    if (options_.elementwise_affine) visitor(name / "weight", weight_);
  }

  const RmsNormOptions& options() const { return options_; }

 private:
  template <std::size_t Rank>
  void check(const Shape<Rank>& x) const {
    moved_.check("rms_norm");
    require<ShapeError>(x[Rank - 1] == options_.normalized_shape, "rms_norm: input has ", x[Rank - 1],
                        " features, the layer was made for ", options_.normalized_shape, " (input ", x, ")");
  }

  template <std::size_t Rank>
  Tensor<T, Rank> normalized(const Tensor<T, Rank>& x, Tensor<T, 1>& inverse_roots) const {
    check(x.shape());
    inverse_roots = Tensor<T, 1>::uninitialized({x.rows()});
    auto y = Tensor<T, Rank>::uninitialized(x.shape());
    const auto epsilon = static_cast<T>(options_.epsilon.value_or(std::numeric_limits<T>::epsilon()));
    kernels::rms_norm(kernels::matrix(x), epsilon, weight_.value, inverse_roots, y.data());
    return y;
  }

  RmsNormOptions options_;
  Parameter<T, 1> weight_;  // 1 where the layer has none
  MoveMark moved_;
};

}  // namespace pupil
