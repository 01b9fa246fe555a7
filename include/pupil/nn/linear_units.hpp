#pragma once
// Relatives of the ReLU that let some of what is below 0 through, so that no unit is cut off for good. For tensors of
// any rank, in place on what is moved in; each keeps its x. PyTorch's twins are nn.LeakyReLU, nn.ELU and nn.SiLU;
// gelu.hpp has another.
//
//   LeakyRelu  y = x where x > 0, else negative_slope x       Maas, Hannun, Ng, 2013
//   Elu        y = x where x > 0, else alpha (e^x - 1)        Clevert, Unterthiner, Hochreiter, 2015
//   Silu       y = x / (1 + e^-x)                             Elfwing, Uchibe, Doya, 2017; also "swish"
//
// and dx = dy times the slope of that at x. As PyTorch's, they hand a NaN on.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct LeakyReluOptions {
  double negative_slope = 0.01;
};

struct EluOptions {
  double alpha = 1;  ///< -alpha is what y goes to
};

namespace detail {

/// A layer of `Function`, which has a name, and for lanes of x their `value` and `slope`.
template <class T, class Function>
class LinearUnit {
 public:
  struct Context {
    Tensor<T, 1> input;
    UnreadForward unread{};
  };

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x) const {
    parallel_ranges(x.size(), pointwise_grain, [&](Index begin, Index end) { apply(x.data() + begin, end - begin); });
    return x;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const {
    context.unread.begin(Function::name);
    if (context.input.size() != x.size()) context.input = Tensor<T, 1>::uninitialized({x.size()});
    parallel_ranges(x.size(), pointwise_grain, [&](Index begin, Index end) {
      std::copy(x.data() + begin, x.data() + end, context.input.data() + begin);
      apply(x.data() + begin, end - begin);
    });
    return x;
  }

  /// Throws ShapeError where dy has not as many elements as the output had.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) const {
    context.unread.require_forward(Function::name);
    require<ShapeError>(dy.size() == context.input.size(), Function::name, ": the gradient ", dy.shape(),
                        " does not fit the output of ", context.input.size(), " elements");
    context.unread.end();
    parallel_ranges(dy.size(), pointwise_grain, [&](Index begin, Index end) {
      kernels::combine_lanes(dy.data() + begin, context.input.data() + begin, end - begin,
                             [&](const Lanes& d, const Lanes& x) -> Lanes { return d * function_.slope(x); });
    });
    return dy;
  }

  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    return x;
  }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

 protected:
  explicit LinearUnit(const Function& function) : function_(function) {}

 private:
  using Lanes = kernels::Lanes<T>;

  void apply(T* values, Index size) const {
    kernels::transform_lanes(values, size, [&](const Lanes& x) -> Lanes { return function_.value(x); });
  }

  Function function_;
};

/// `above` where x > 0, `otherwise` elsewhere, also for a NaN.
template <class T>
kernels::Lanes<T> where_positive(const kernels::Lanes<T>& x, const kernels::Lanes<T>& above,
                                 const kernels::Lanes<T>& otherwise) {
  return kernels::choose<T>([&](Index i) { return x[i] > 0; }, above, otherwise);
}

template <class T>
struct LeakyReluFunction {
  using Lanes = kernels::Lanes<T>;
  static constexpr const char* name = "leaky_relu";
  T negative_slope;

  Lanes value(const Lanes& x) const { return where_positive<T>(x, x, negative_slope * x); }
  Lanes slope(const Lanes& x) const {
    return where_positive<T>(x, Lanes::Constant(T{1}), Lanes::Constant(negative_slope));
  }
};

template <class T>
struct EluFunction {
  using Lanes = kernels::Lanes<T>;
  static constexpr const char* name = "elu";
  T alpha;

  // e^x - 1 = tanh(x / 2) (e^x + 1), which does not cancel near 0, and takes a third of the time of Eigen's expm1.
  Lanes value(const Lanes& x) const { return where_positive<T>(x, x, alpha * (T{0.5} * x).tanh() * (x.exp() + T{1})); }
  Lanes slope(const Lanes& x) const { return where_positive<T>(x, Lanes::Constant(T{1}), alpha * x.exp()); }
};

template <class T>
struct SiluFunction {
  using Lanes = kernels::Lanes<T>;
  static constexpr const char* name = "silu";

  Lanes value(const Lanes& x) const { return x * kernels::logistic<T>(x); }
  Lanes slope(const Lanes& x) const {
    const Lanes sigmoid = kernels::logistic<T>(x);
    return sigmoid * (T{1} + x * (T{1} - sigmoid));
  }
};

}  // namespace detail

/// x above 0, negative_slope x elsewhere.
template <class T>
class LeakyRelu : public detail::LinearUnit<T, detail::LeakyReluFunction<T>> {
 public:
  explicit LeakyRelu(const LeakyReluOptions& options = {})
      : detail::LinearUnit<T, detail::LeakyReluFunction<T>>({static_cast<T>(options.negative_slope)}),
        options_(options) {}

  const LeakyReluOptions& options() const { return options_; }

 private:
  LeakyReluOptions options_;
};

/// x above 0, alpha (e^x - 1) elsewhere.
template <class T>
class Elu : public detail::LinearUnit<T, detail::EluFunction<T>> {
 public:
  explicit Elu(const EluOptions& options = {})
      : detail::LinearUnit<T, detail::EluFunction<T>>({static_cast<T>(options.alpha)}), options_(options) {}

  const EluOptions& options() const { return options_; }

 private:
  EluOptions options_;
};

/// x times its sigmoid.
template <class T>
class Silu : public detail::LinearUnit<T, detail::SiluFunction<T>> {
 public:
  Silu() : detail::LinearUnit<T, detail::SiluFunction<T>>({}) {}
};

}  // namespace pupil
