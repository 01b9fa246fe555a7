#pragma once
// Dense: every output feature is a weighted sum of all input features. PyTorch's twin is nn.Linear.
//
//   y = x W^T + b        dx = dy W        dW += dy^T x        db += sum of dy's rows

#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct DenseOptions {
  Index in_features = 0;
  Index out_features = 0;
  bool bias = true;
};

/// Maps the last dimension from in_features to out_features; the other dimensions, however many, stay.
template <class T>
class Dense {
 public:
  struct Context {
    Tensor<T, 2> input;  ///< [rows, in_features]
    UnreadForward unread{};
  };

  /// Weights and bias uniform in +-1 / sqrt(in_features). Throws OptionError where a feature count is below 1.
  Dense(const DenseOptions& options, Rng& rng) : options_(options) {
    require<OptionError>(options.in_features >= 1 && options.out_features >= 1, "dense: cannot map ",
                         options.in_features, " features to ", options.out_features, ", each must be at least 1");
    weight_ = Parameter(Tensor<T, 2>({options.out_features, options.in_features}));
    fill_by_fan_in(weight_.value, options.in_features, rng);
    if (options.bias) {
      bias_ = Parameter(Tensor<T, 1>({options.out_features}));
      fill_by_fan_in(bias_.value, options.in_features, rng);
    }
  }

  /// x [..., in_features] gives [..., out_features]. Throws ShapeError where the last extent is another.
  template <std::size_t Rank>
  Tensor<T, Rank> forward(const Tensor<T, Rank>& x) const {
    auto y = Tensor<T, Rank>::uninitialized(output_shape(x.shape()));
    const auto destination = options_.bias ? kernels::into(y, bias_.value) : kernels::into(y);
    if (packed_->serves(x.rows())) {
      packed_->multiply(kernels::matrix(x), transposed_weight(), destination);
    } else {
      kernels::gemm(kernels::matrix(x), transposed_weight(), destination);
    }
    return y;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) {
    auto y = forward(std::as_const(x));
    context.unread.begin("dense");
    const Shape<2> rows{x.rows(), x.columns()};
    context.input = std::move(x).reshaped(rows);
    return y;
  }

  /// dy [..., out_features] gives dx [..., in_features].
  template <std::size_t Rank>
  Tensor<T, Rank> backward(const Tensor<T, Rank>& dy, const Context& context) {
    backward_parameters(dy, context);
    Shape<Rank> shape = dy.shape();
    shape[Rank - 1] = options_.in_features;
    auto dx = Tensor<T, Rank>::uninitialized(shape);
    kernels::gemm(kernels::matrix(dy), kernels::matrix(weight_.value), kernels::into(dx));
    return dx;
  }

  /// backward without dx, for an input that is not trained: adds to the gradients of the parameters alone.
  template <std::size_t Rank>
  void backward_parameters(const Tensor<T, Rank>& dy, const Context& context) {
    moved_.check("dense");
    context.unread.require_forward("dense");
    require<ShapeError>(dy.rows() == context.input.rows() && dy.columns() == options_.out_features,
                        "dense: the gradient ", dy.shape(), " does not fit the output [", context.input.rows(), ", ",
                        options_.out_features, "]");
    require<ShapeError>(context.input.columns() == options_.in_features, "dense: the context has ",
                        context.input.columns(), " features, the layer was made for ", options_.in_features);
    context.unread.end();
    kernels::gemm(kernels::transposed(kernels::matrix(dy)), kernels::matrix(context.input),
                  kernels::added_to(weight_.gradient));
    if (options_.bias) kernels::add_column_sums(kernels::matrix(dy), bias_.gradient.data());
  }

  /// What forward gives for an x of this shape, or throws.
  template <std::size_t Rank>
  Shape<Rank> output_shape(Shape<Rank> x) const {
    moved_.check("dense");
    require<ShapeError>(x[Rank - 1] == options_.in_features, "dense: input has ", x[Rank - 1],
                        " features, the layer was made for ", options_.in_features, " (input ", x, ")");
    x[Rank - 1] = options_.out_features;
    return x;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("dense");
    visitor(name / "weight", weight_);
    if (options_.bias) visitor(name / "bias", bias_);
    if constexpr (detail::prepares_weights<Visitor>) packed_ = kernels::PackedWeights<T>(transposed_weight());
  }

  const DenseOptions& options() const { return options_; }

 private:
  kernels::Transposed<T> transposed_weight() const { return kernels::transposed(kernels::matrix(weight_.value)); }

  DenseOptions options_;
  Parameter<T, 2> weight_;  // [out, in]
  Parameter<T, 1> bias_;
  detail::PreparedForm<kernels::PackedWeights<T>> packed_;
  MoveMark moved_;
};

}  // namespace pupil
