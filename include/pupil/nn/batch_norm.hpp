#pragma once
// Batch normalization: every feature is moved and scaled to mean 0 and variance 1 over the batch, then to a learned
// mean and deviation. Ioffe and Szegedy, "Batch normalization", 2015. BatchNorm1d and BatchNorm2d are its names.
//
// With n rows (a row: the features of one step or one pixel), mean m and variance v of a feature over these rows,
//
//   y = (x - m) s w + b,   s = 1 / sqrt(v + epsilon)
//   db += sum of dy        dw += sum of dy (x - m) s
//   dx = s w (dy - db' / n - (x - m) s dw' / n),   where db' and dw' are what this pass added
//
// Inference takes running averages in place of m and v. So does training with frozen statistics, which are then
// constants: dx = s w dy. With them it is torchvision's ops.FrozenBatchNorm2d, whose weight and bias are trained here.
//
// Where a batch is shared out (share_statistics.hpp), n, m, v, db' and dw' are those of all parts together.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/norm/batch_norm.hpp>
#include <pupil/kernels/norm/rectified_batch_norm.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/share_statistics.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct BatchNormOptions {
  Index num_features = 0;
  double epsilon = 1e-5;
  double momentum = 0.1;           ///< the share of the newest batch in the running averages
  bool frozen_statistics = false;  ///< whether training, too, normalizes by the running averages, and leaves them
};

template <class T>
class Conv2dNormActivation;

namespace detail {

/// Normalizes the last dimension of a tensor; the other dimensions, however many, are its rows.
template <class T>
class BatchNorm {
 public:
  struct Context {
    Tensor<T, 2> input;  ///< [rows, num_features]
    Tensor<T, 1> mean;
    Tensor<T, 1> inverse_deviation;  ///< 1 / sqrt(variance + epsilon)
    double rows = 0;                 ///< of which these were taken: those of the input, or of all parts
    UnreadForward unread{};
  };

  /// Weights of 1, biases of 0. `layer` is who errors speak of, and stays. Throws OptionError for less than one
  /// feature, an epsilon that is not positive, or a momentum outside [0, 1].
  BatchNorm(std::string_view layer, const BatchNormOptions& options) : layer_(layer), options_(options) {
    require<OptionError>(options.num_features >= 1, layer, ": cannot normalize ", options.num_features,
                         " features, there must be at least 1");
    require<OptionError>(options.epsilon > 0, layer, ": the epsilon ", options.epsilon, " is not positive");
    require<OptionError>(options.momentum >= 0 && options.momentum <= 1, layer, ": the momentum ", options.momentum,
                         " is not between 0 and 1");
    const Shape<1> shape{options.num_features};
    weight_ = Parameter(Tensor<T, 1>::full(shape, T{1}));
    bias_ = Parameter(Tensor<T, 1>(shape));
    running_mean_ = Tensor<T, 1>(shape);
    running_variance_ = Tensor<T, 1>::full(shape, T{1});
  }

  /// x [..., num_features] normalized by the running averages. Throws ShapeError where the last extent is another.
  template <std::size_t Rank>
  Tensor<T, Rank> forward(const Tensor<T, Rank>& x) const {
    check(x.shape());
    return normalized(x, running_mean_, inverse_deviation(running_variance_));
  }

  /// x normalized by its own mean and variance, which the running averages then move towards, the variance as
  /// sum of squares / (rows - 1); or by these averages, where they are frozen. Throws ShapeError where there is but one
  /// row to take statistics of.
  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) {
    prepare(x, context);
    auto y = normalized(x, context.mean, context.inverse_deviation);
    keep(std::move(x), context);
    return y;
  }

  /// dx, in the memory of dy where that is moved in.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) {
    return backward_of_activated(std::move(dy), context, nullptr);
  }

  /// What inference does to a feature: y = x scale + shift.
  struct Folded {
    Tensor<T, 1> scale, shift;
  };
  Folded folded() const {
    moved_.check(layer_);
    Folded result{scale_for(inverse_deviation(running_variance_)), Tensor<T, 1>(bias_.value.shape())};
    for (Index c = 0; c < result.shift.size(); ++c) {
      const double moved = static_cast<double>(running_mean_[c]) * static_cast<double>(result.scale[c]);
      result.shift[c] = static_cast<T>(static_cast<double>(bias_.value[c]) - moved);
    }
    return result;
  }

  /// What forward gives for an x of this shape, or throws.
  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    check(x);
    return x;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check(layer_);
    if constexpr (std::is_same_v<std::remove_cvref_t<Visitor>, StatisticsSharer>) sum_of_parts_ = visitor.sum;
    visitor(name / "weight", weight_);
    visitor(name / "bias", bias_);
    visitor(name / "running_mean", running_mean_);
    visitor(name / "running_var", running_variance_);
    visitor(name / "num_batches_tracked", num_batches_tracked_);
  }

  const BatchNormOptions& options() const { return options_; }

 private:
  template <class>
  friend class pupil::Conv2dNormActivation;

  /// activation(y + residual) with y as forward gives it, in one pass over x. The residual may be null, and is of the
  /// shape of x. `passes` gets a bit for each element that the activation lets pass, unless that is none.
  template <std::size_t Rank>
  Tensor<T, Rank> forward_and_activate(Tensor<T, Rank> x, const T* residual, Activation activation, Context& context,
                                       kernels::BitMask& passes) {
    prepare(x, context);
    auto y = Tensor<T, Rank>::uninitialized(x.shape());
    kernels::normalize_and_rectify(kernels::matrix(x), context.mean, scale_for(context.inverse_deviation), bias_.value,
                                   residual, activation, y.data(), passes);
    keep(std::move(x), context);
    return y;
  }

  /// As backward, after forward_and_activate: `passes` is what that gave; null is an activation of none.
  template <std::size_t Rank>
  Tensor<T, Rank> backward_of_activated(Tensor<T, Rank> dy, const Context& context, const kernels::BitMask* passes) {
    const Factors by = add_gradients(dy, context, passes);
    kernels::rectified_combine_columns<T>(dy.data(), kernels::matrix(context.input), context.mean, by.dy, by.x,
                                          by.constant, passes, dy.data(), nullptr);
    return dy;
  }

  /// dx; dy becomes the gradient of the residual.
  template <std::size_t Rank>
  Tensor<T, Rank> backward_with_residual(Tensor<T, Rank>& dy, const Context& context, const kernels::BitMask* passes) {
    const Factors by = add_gradients(dy, context, passes);
    auto dx = Tensor<T, Rank>::uninitialized(dy.shape());
    kernels::rectified_combine_columns(dy.data(), kernels::matrix(context.input), context.mean, by.dy, by.x,
                                       by.constant, passes, dx.data(), dy.data());
    return dx;
  }

  template <std::size_t Rank>
  void check(const Shape<Rank>& shape) const {
    moved_.check(layer_);
    require<ShapeError>(shape[Rank - 1] == options_.num_features, layer_, ": input has ", shape[Rank - 1],
                        " channels, the layer was made for ", options_.num_features, " (input ", shape, ")");
  }

  /// Sets the context's mean and deviation.
  template <std::size_t Rank>
  void prepare(const Tensor<T, Rank>& x, Context& context) {
    check(x.shape());
    require<ShapeError>(options_.frozen_statistics || x.rows() > (sum_of_parts_ ? 0 : 1), layer_,
                        ": training needs more than one value a channel (input ", x.shape(), ")");
    context.unread.begin(layer_);
    if (options_.frozen_statistics) {
      context.mean = running_mean_;
      context.inverse_deviation = inverse_deviation(running_variance_);
    } else {
      take_statistics(x, context);
    }
  }

  template <std::size_t Rank>
  static void keep(Tensor<T, Rank> x, Context& context) {
    const Shape<2> matrix{x.rows(), x.columns()};
    context.input = std::move(x).reshaped(matrix);
  }

  /// dx = dy by.dy + (x - m) by.x + by.constant
  struct Factors {
    Tensor<T, 1> dy, x, constant;
  };

  /// Adds to the gradients of weight and bias.
  template <std::size_t Rank>
  Factors add_gradients(const Tensor<T, Rank>& dy, const Context& context, const kernels::BitMask* passes) {
    moved_.check(layer_);
    context.unread.require_forward(layer_);
    const Shape<2> expected = context.input.shape();
    require<ShapeError>(dy.rows() == expected[0] && dy.columns() == expected[1], layer_, ": the gradient ", dy.shape(),
                        " does not fit the output ", expected);
    require<ShapeError>(expected[1] == options_.num_features, layer_, ": the context has ", expected[1],
                        " channels, the layer was made for ", options_.num_features);
    require<ShapeError>(passes == nullptr || passes->size() == dy.size(), layer_, ": the gradient ", dy.shape(),
                        " does not fit an activation's output of ", passes == nullptr ? 0 : passes->size(),
                        " elements");
    context.unread.end();
    auto sum_dy = Tensor<T, 1>::uninitialized({options_.num_features});
    auto sum_dy_x = Tensor<T, 1>::uninitialized({options_.num_features});
    kernels::rectified_batch_norm_sums(kernels::matrix(dy), kernels::matrix(context.input), context.mean, passes,
                                       sum_dy, sum_dy_x);

    for (Index c = 0; c < options_.num_features; ++c) {
      bias_.gradient[c] += sum_dy[c];
      weight_.gradient[c] += sum_dy_x[c] * context.inverse_deviation[c];
    }
    return factors_of(sum_dy, sum_dy_x, context);
  }

  /// From the sums of dy and of dy (x - m), which become those of all parts.
  Factors factors_of(Tensor<T, 1>& sum_dy, Tensor<T, 1>& sum_dy_x, const Context& context) const {
    if (!options_.frozen_statistics) add_other_parts(sum_dy, sum_dy_x);
    Factors by{Tensor<T, 1>(sum_dy.shape()), Tensor<T, 1>(sum_dy.shape()), Tensor<T, 1>(sum_dy.shape())};
    const T share = options_.frozen_statistics ? T{0} : static_cast<T>(1 / context.rows);  // of a row in m and v
    for (Index c = 0; c < options_.num_features; ++c) {
      const T s = context.inverse_deviation[c];
      by.dy[c] = s * weight_.value[c];
      by.x[c] = -by.dy[c] * s * s * sum_dy_x[c] * share;
      by.constant[c] = -by.dy[c] * sum_dy[c] * share;
    }
    return by;
  }

  /// The mean and deviation of x, which the running averages move towards.
  template <std::size_t Rank>
  void take_statistics(const Tensor<T, Rank>& x, Context& context) {
    context.mean = Tensor<T, 1>::uninitialized({options_.num_features});
    auto variance = Tensor<T, 1>::uninitialized({options_.num_features});
    kernels::column_moments(kernels::matrix(x), context.mean, variance);
    context.rows = static_cast<double>(x.rows());
    if (sum_of_parts_) join_other_parts(context.mean, variance, context.rows);
    ++num_batches_tracked_[0];
    move_towards(running_mean_, context.mean, 1);
    move_towards(running_variance_, variance, context.rows / (context.rows - 1));
    context.inverse_deviation = inverse_deviation(variance);
  }

  /// Makes the moments of these rows those of the rows of all parts. Throws ShapeError where that is but one row.
  void join_other_parts(Tensor<T, 1>& mean, Tensor<T, 1>& variance, double& rows) const {
    const Index features = options_.num_features;
    Tensor<double, 1> sums({2 * features + 1});
    for (Index c = 0; c < features; ++c) {
      const auto m = static_cast<double>(mean[c]);
      sums[c] = rows * m;
      sums[features + c] = rows * (static_cast<double>(variance[c]) + m * m);
    }
    sums[2 * features] = rows;
    sum_of_parts_({sums.data(), static_cast<std::size_t>(sums.size())});
    rows = sums[2 * features];
    require<ShapeError>(rows > 1, layer_, ": training needs more than one value a channel, and all parts have one");
    for (Index c = 0; c < features; ++c) {
      const double m = sums[c] / rows;
      mean[c] = static_cast<T>(m);
      variance[c] = static_cast<T>(std::max(sums[features + c] / rows - m * m, 0.0));
    }
  }

  void add_other_parts(Tensor<T, 1>& sum_dy, Tensor<T, 1>& sum_dy_x) const {
    if (!sum_of_parts_) return;
    const Index features = options_.num_features;
    Tensor<double, 1> sums({2 * features});
    std::copy(sum_dy_x.begin(), sum_dy_x.end(), std::copy(sum_dy.begin(), sum_dy.end(), sums.begin()));
    sum_of_parts_({sums.data(), static_cast<std::size_t>(sums.size())});
    for (Index c = 0; c < features; ++c) {
      sum_dy[c] = static_cast<T>(sums[c]);
      sum_dy_x[c] = static_cast<T>(sums[features + c]);
    }
  }

  Tensor<T, 1> inverse_deviation(const Tensor<T, 1>& variance) const {
    auto result = Tensor<T, 1>::uninitialized(variance.shape());
    for (Index c = 0; c < variance.size(); ++c) {
      result[c] = T{1} / std::sqrt(variance[c] + static_cast<T>(options_.epsilon));
    }
    return result;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> normalized(const Tensor<T, Rank>& x, const Tensor<T, 1>& mean,
                             const Tensor<T, 1>& inverse_deviation) const {
    auto y = Tensor<T, Rank>::uninitialized(x.shape());
    kernels::normalize_columns(kernels::matrix(x), mean, scale_for(inverse_deviation), bias_.value, y.data());
    return y;
  }

  Tensor<T, 1> scale_for(const Tensor<T, 1>& inverse_deviation) const {
    auto scale = Tensor<T, 1>::uninitialized(inverse_deviation.shape());
    for (Index c = 0; c < scale.size(); ++c) scale[c] = inverse_deviation[c] * weight_.value[c];
    return scale;
  }

  /// average = (1 - momentum) average + momentum factor newest
  void move_towards(Tensor<T, 1>& average, const Tensor<T, 1>& newest, double factor) const {
    const T kept = static_cast<T>(1 - options_.momentum);
    const T added = static_cast<T>(options_.momentum * factor);
    for (Index c = 0; c < average.size(); ++c) average[c] = kept * average[c] + added * newest[c];
  }

  std::string_view layer_;
  BatchNormOptions options_;
  Parameter<T, 1> weight_;
  Parameter<T, 1> bias_;
  Tensor<T, 1> running_mean_;
  Tensor<T, 1> running_variance_;
  Tensor<std::int64_t, 0> num_batches_tracked_{Shape<0>{}};  // kept because PyTorch keeps it; nothing depends on it
  SumOfParts sum_of_parts_;                                  // empty where this sees the whole batch
  MoveMark moved_;
};

}  // namespace detail
}  // namespace pupil
