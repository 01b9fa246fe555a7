#pragma once
// Pointwise functions between layers, of tensors of any rank. They work in place on what is moved in.
//
//   Relu     y = max(x, 0)             dx = dy where x > 0, else 0         keeps one bit an element
//   Relu6    y = min(max(x, 0), 6)     dx = dy where 0 < x < 6, else 0     keeps one bit an element
//   Sigmoid  y = 1 / (1 + e^-x)        dx = dy y (1 - y)                   keeps y
//   Tanh     y = tanh x                dx = dy (1 - y^2)                   keeps y
//
// As PyTorch's, they hand a NaN on, so that what went wrong can be seen in the loss.

#include <Eigen/Core>
#include <algorithm>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/bit_mask.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/kernels/pointwise/rectifier.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

namespace detail {

/// A function whose slope is 1 where `Function::passes(x)`, and 0 elsewhere.
template <class T, class Function>
class Rectifier {
 public:
  struct Context {
    kernels::BitMask passes;
    UnreadForward unread{};
  };

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x) const {
    parallel_ranges(x.size(), pointwise_grain, [values = x.data()](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) values[i] = Function::value(values[i]);
    });
    return x;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const {
    context.unread.begin(Function::name);
    kernels::map_and_mask(
        x.data(), x.size(), [](T value) { return Function::passes(value); },
        [](T value) { return Function::value(value); }, context.passes);
    return x;
  }

  /// Throws ShapeError where dy has not as many elements as the output had.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) const {
    context.unread.require_forward(Function::name);
    require<ShapeError>(dy.size() == context.passes.size(), Function::name, ": the gradient ", dy.shape(),
                        " does not fit the output of ", context.passes.size(), " elements");
    context.unread.end();
    kernels::apply_mask(context.passes, T{1}, dy.data());
    return dy;
  }

  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    return x;
  }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}
};

/// A function whose slope, `Function::slope(y)`, follows from its value.
template <class T, class Function>
class SmoothActivation {
 public:
  struct Context {
    Tensor<T, 1> output;
    UnreadForward unread{};
  };

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x) const {
    parallel_ranges(x.size(), pointwise_grain, [values = x.data()](Index begin, Index end) {
      kernels::transform_lanes(values + begin, end - begin, [](const auto& lanes) { return Function::value(lanes); });
    });
    return x;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const {
    context.unread.begin(Function::name);
    auto y = forward(std::move(x));
    if (context.output.size() != y.size()) context.output = Tensor<T, 1>::uninitialized({y.size()});
    std::copy(y.begin(), y.end(), context.output.begin());
    return y;
  }

  /// Throws ShapeError where dy has not as many elements as the output had.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) const {
    context.unread.require_forward(Function::name);
    require<ShapeError>(dy.size() == context.output.size(), Function::name, ": the gradient ", dy.shape(),
                        " does not fit the output of ", context.output.size(), " elements");
    context.unread.end();
    using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
    parallel_ranges(dy.size(), pointwise_grain, [&](Index begin, Index end) {
      const Eigen::Map<const Array> y(context.output.data() + begin, end - begin);
      Eigen::Map<Array>(dy.data() + begin, end - begin) *= Function::slope(y);
    });
    return dy;
  }

  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    return x;
  }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}
};

struct SigmoidFunction {
  static constexpr const char* name = "sigmoid";
  template <class T>
  static kernels::Lanes<T> value(const kernels::Lanes<T>& x) {
    return kernels::logistic<T>(x);
  }
  template <class Array>
  static auto slope(const Array& y) {
    return y - y * y;
  }
};

struct TanhFunction {
  static constexpr const char* name = "tanh";
  template <class Array>
  static auto value(const Array& x) {
    return x.tanh();
  }
  template <class Array>
  static auto slope(const Array& y) {
    return typename Array::Scalar{1} - y * y;
  }
};

}  // namespace detail

/// max(x, 0)
template <class T>
class Relu : public detail::Rectifier<T, kernels::ReluFunction> {};

/// min(max(x, 0), 6)
template <class T>
class Relu6 : public detail::Rectifier<T, kernels::Relu6Function> {};

/// 1 / (1 + e^-x)
template <class T>
class Sigmoid : public detail::SmoothActivation<T, detail::SigmoidFunction> {};

/// The hyperbolic tangent.
template <class T>
class Tanh : public detail::SmoothActivation<T, detail::TanhFunction> {};

}  // namespace pupil
