#pragma once
// AvgPool2d: the mean of every window of an image. PyTorch's twin is nn.AvgPool2d.
//
//   y[n, i, j, c] = sum over (u, v) in the kernel of x[n, i stride + u - padding, j stride + v - padding, c] / count

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pool/pool2d.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/pool_window.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct AvgPool2dOptions {
  Size2d kernel_size;
  Size2d stride = kernel_size;
  Padding2d padding = 0;          ///< zeros; at most half the kernel size
  bool count_include_pad = true;  ///< whether padding counts in the number that the sum is divided by
};

/// [batch, height, width, channels] to [batch, (height + padding - kernel_size) / stride + 1, ..., channels], rounded
/// down.
template <class T>
class AvgPool2d {
 public:
  struct Context {
    Shape<4> input_shape;
    UnreadForward unread{};
  };

  /// Throws OptionError for a kernel size or a stride below 1, or a padding that is negative or more than half the
  /// kernel size.
  explicit AvgPool2d(const AvgPool2dOptions& options)
      : options_(options), window_{options.kernel_size, options.stride, options.padding} {
    detail::check_pool_window("avg_pool2d", window_);
  }

  /// Throws ShapeError where the padded image is smaller than the window.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    auto y = Tensor<T, 4>::uninitialized(output_shape(x.shape()));
    kernels::avg_pool2d(x, window_, options_.count_include_pad, y);
    return y;
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) const {
    auto y = forward(x);
    context.unread.begin("avg_pool2d");
    context.input_shape = x.shape();
    return y;
  }

  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) const {
    context.unread.require_forward("avg_pool2d");
    const Shape<4> expected = kernels::pooled_shape(context.input_shape, window_);
    require<ShapeError>(dy.shape() == expected, "avg_pool2d: the gradient ", dy.shape(), " does not fit the output ",
                        expected);
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(context.input_shape);
    kernels::avg_pool2d_backward(dy, window_, options_.count_include_pad, dx);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const { return detail::checked_pooled_shape("avg_pool2d", x, window_); }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const AvgPool2dOptions& options() const { return options_; }

 private:
  AvgPool2dOptions options_;
  kernels::PoolWindow window_;
};

}  // namespace pupil
