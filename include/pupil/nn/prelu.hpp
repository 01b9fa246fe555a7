#pragma once
// PRelu: a ReLU that learns how much of what is below 0 it lets through, one number for all features or one for each.
// He, Zhang, Ren, Sun, "Delving deep into rectifiers", 2015. PyTorch's twin is nn.PReLU.
//
//   y = x where x > 0, else w x        dx = dy where x > 0, else w dy        dw += sum of dy x where x <= 0

#include <algorithm>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct PReluOptions {
  Index num_parameters = 1;  ///< 1, or one for each feature of the last dimension
  double init = 0.25;        ///< what the weights begin as
};

/// Of tensors of any rank, in place on what is moved in; keeps x. Hands a NaN on.
template <class T>
class PRelu {
 public:
  struct Context {
    Tensor<T, 1> input;
    UnreadForward unread{};
  };

  /// Throws OptionError for less than one parameter.
  explicit PRelu(const PReluOptions& options = {}) : options_(options) {
    require<OptionError>(options.num_parameters >= 1, "prelu: num_parameters is ", options.num_parameters,
                         ", not at least 1");
    weight_ = Parameter(Tensor<T, 1>::full({options.num_parameters}, static_cast<T>(options.init)));
  }

  /// Throws ShapeError where there are several weights, but not one for each feature.
  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x) const {
    check(x.shape());
    for_each_run(x.size(), [&](Index, Index begin, Index end) {
      for (Index i = begin; i < end; i += kernels::lane_count) {
        const Lanes lanes = kernels::load_lanes(x.data() + i, end - i, T{0});
        kernels::store_lanes<T>(detail::where_positive<T>(lanes, lanes, weights_at(i - begin) * lanes), end - i,
                                x.data() + i);
      }
    });
    return x;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const {
    check(x.shape());
    context.unread.begin("prelu");
    if (context.input.size() != x.size()) context.input = Tensor<T, 1>::uninitialized({x.size()});
    std::copy(x.begin(), x.end(), context.input.begin());
    return forward(std::move(x));
  }

  /// dx, in the memory of dy where that is moved in. Throws ShapeError where dy does not fit.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) {
    context.unread.require_forward("prelu");
    check(dy.shape());
    require<ShapeError>(dy.size() == context.input.size(), "prelu: the gradient ", dy.shape(),
                        " does not fit the output of ", context.input.size(), " elements");
    context.unread.end();
    Tensor<T, 2> weight_sums({ranges_of(dy.size()), options_.num_parameters});
    for_each_run(dy.size(), [&](Index range, Index begin, Index end) {
      backward_run(dy.data() + begin, context.input.data() + begin, end - begin, weight_sums.row(range));
    });
    kernels::add_column_sums(kernels::matrix(weight_sums), weight_.gradient.data());
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
    moved_.check("prelu");
    visitor(name / "weight", weight_);
  }

  const PReluOptions& options() const { return options_; }

 private:
  using Lanes = kernels::Lanes<T>;

  template <std::size_t Rank>
  void check(const Shape<Rank>& x) const {
    moved_.check("prelu");
    require<ShapeError>(has_one_weight() || x[Rank - 1] == options_.num_parameters, "prelu: input has ", x[Rank - 1],
                        " features, the layer has ", options_.num_parameters, " weights (input ", x, ")");
  }

  bool has_one_weight() const { return options_.num_parameters == 1; }

  // A run is what begins at the first weight and goes on from weight to weight: a row, or with one weight anything.

  Lanes weights_at(Index i) const {
    if (has_one_weight()) return Lanes::Constant(weight_.value[0]);
    return kernels::load_lanes(weight_.value.data() + i, options_.num_parameters - i, T{0});
  }

  Index runs_of(Index size) const { return size / options_.num_parameters; }
  /// How many runs are computed by one thread, one after another; with one weight, how many numbers.
  Index grain() const { return has_one_weight() ? pointwise_grain : rows_a_range(options_.num_parameters); }
  Index ranges_of(Index size) const { return (runs_of(size) + grain() - 1) / grain(); }

  /// Calls `body(range, begin, end)` for all numbers; those of one range one after another.
  template <class Body>
  void for_each_run(Index size, const Body& body) const {
    parallel_ranges(runs_of(size), grain(), [&](Index first, Index last) {
      const Index range = first / grain();
      if (has_one_weight()) return body(range, first, last);
      const Index columns = options_.num_parameters;
      for (Index r = first; r < last; ++r) body(range, r * columns, (r + 1) * columns);
    });
  }

  /// dy becomes dx; adds to the sums of the weights' gradients.
  void backward_run(T* dy, const T* x, Index size, T* weight_sums) const {
    Lanes sum = Lanes::Zero();
    for (Index i = 0; i < size; i += kernels::lane_count) {
      const Lanes d = kernels::load_lanes(dy + i, size - i, T{0});
      const Lanes input = kernels::load_lanes(x + i, size - i, T{0});
      const Lanes d_weight = detail::where_positive<T>(input, Lanes::Zero(), d * input);
      if (has_one_weight()) {
        sum += d_weight;
      } else {
        kernels::store_lanes<T>(kernels::load_lanes<T>(weight_sums + i, size - i, T{0}) + d_weight, size - i,
                                weight_sums + i);
      }
      kernels::store_lanes<T>(detail::where_positive<T>(input, d, weights_at(i) * d), size - i, dy + i);
    }
    if (has_one_weight()) weight_sums[0] += sum.sum();
  }

  PReluOptions options_;
  Parameter<T, 1> weight_;  // [num_parameters]
  MoveMark moved_;
};

}  // namespace pupil
