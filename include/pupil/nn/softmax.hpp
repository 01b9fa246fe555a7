#pragma once
// Softmax and LogSoftmax of feature rows: numbers as probabilities that add up to 1, or the logarithms of these.
// PyTorch's twins are nn.Softmax(-1) and nn.LogSoftmax(-1).
//
//   Softmax     y_i = e^x_i / sum of e^x_j        dx = y (dy - sum of y_j dy_j)
//   LogSoftmax  y_i = x_i - ln sum of e^x_j       dx = dy - e^y (sum of dy_j)
//
// Under a loss they are rarely needed: softmax_cross_entropy takes the logits as they are.

#include <algorithm>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

namespace detail {

/// A layer of `Function`, which has a name and takes rows forward and back.
template <class T, class Function>
class RowLayer {
 public:
  struct Context {
    Tensor<T, 2> output;  ///< [rows, features]
    UnreadForward unread{};
  };

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x) const {
    for_each_row(x, [&](Index r) { Function::forward(x.row(r), x.columns()); });
    return x;
  }

  template <std::size_t Rank>
  Tensor<T, Rank> forward(Tensor<T, Rank> x, Context& context) const {
    context.unread.begin(Function::name);
    const Shape<2> rows{x.rows(), x.columns()};
    if (context.output.shape() != rows) context.output = Tensor<T, 2>::uninitialized(rows);
    for_each_row(x, [&](Index r) {
      Function::forward(x.row(r), x.columns());
      std::copy_n(x.row(r), x.columns(), context.output.row(r));
    });
    return x;
  }

  /// Throws ShapeError where dy has not the rows that the output had.
  template <std::size_t Rank>
  Tensor<T, Rank> backward(Tensor<T, Rank> dy, const Context& context) const {
    context.unread.require_forward(Function::name);
    require<ShapeError>(dy.rows() == context.output.rows() && dy.columns() == context.output.columns(), Function::name,
                        ": the gradient ", dy.shape(), " does not fit the output ", context.output.shape());
    context.unread.end();
    for_each_row(dy, [&](Index r) { Function::backward(context.output.row(r), dy.row(r), dy.columns()); });
    return dy;
  }

  template <std::size_t Rank>
  Shape<Rank> output_shape(const Shape<Rank>& x) const {
    return x;
  }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

 private:
  template <std::size_t Rank, class Use>
  static void for_each_row(const Tensor<T, Rank>& x, const Use& use) {
    parallel_ranges(x.rows(), rows_a_range(x.columns()), [&](Index begin, Index end) {
      for (Index r = begin; r < end; ++r) use(r);
    });
  }
};

struct SoftmaxFunction {
  static constexpr const char* name = "softmax";
  template <class T>
  static void forward(T* row, Index columns) {
    kernels::softmax_row(row, columns);
  }
  template <class T>
  static void backward(const T* y, T* dy, Index columns) {
    kernels::softmax_row_backward(y, dy, columns);
  }
};

struct LogSoftmaxFunction {
  static constexpr const char* name = "log_softmax";
  template <class T>
  static void forward(T* row, Index columns) {
    kernels::log_softmax_row(row, columns);
  }
  template <class T>
  static void backward(const T* y, T* dy, Index columns) {
    kernels::log_softmax_row_backward(y, dy, columns);
  }
};

}  // namespace detail

/// Every row of the last dimension becomes its softmax. Of tensors of any rank, in place on what is moved in.
template <class T>
class Softmax : public detail::RowLayer<T, detail::SoftmaxFunction> {};

/// Every row of the last dimension becomes the logarithm of its softmax, in place on what is moved in.
template <class T>
class LogSoftmax : public detail::RowLayer<T, detail::LogSoftmaxFunction> {};

}  // namespace pupil
