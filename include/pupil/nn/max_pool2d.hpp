#pragma once
// MaxPool2d: the largest element of every window of an image. PyTorch's twin is nn.MaxPool2d.
//
//   y[n, i, j, c] = max over (u, v) in the kernel of x[n, i stride + u - padding, j stride + v - padding, c]
//
// The gradient of an output goes to the one input that it was copied from.

#include <limits>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pool/pool2d.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/pool_window.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct MaxPool2dOptions {
  Size2d kernel_size;
  Size2d stride = kernel_size;
  Padding2d padding = 0;  ///< counts as minus infinity; at most half the kernel size
};

/// [batch, height, width, channels] to [batch, (height + padding - kernel_size) / stride + 1, ..., channels], rounded
/// down. Of equal elements the first in reading order is the maximum; a NaN is larger than any number.
template <class T>
class MaxPool2d {
 public:
  struct Context {
    Shape<4> input_shape;
    Tensor<kernels::Tap, 4> taps;  ///< where in its window each output was found
    UnreadForward unread{};
  };

  /// Throws OptionError for a kernel size or a stride below 1, a kernel of more than 65536 elements, or a padding that
  /// is negative or more than half the kernel size.
  explicit MaxPool2d(const MaxPool2dOptions& options)
      : options_(options), window_{options.kernel_size, options.stride, options.padding} {
    detail::check_pool_window("max_pool2d", window_);
    constexpr Index most_taps = Index{std::numeric_limits<kernels::Tap>::max()} + 1;
    const auto& kernel = options.kernel_size;
    require<OptionError>(kernel.height <= most_taps / kernel.width, "max_pool2d: the kernel size ", kernel,
                         " is more than ", most_taps, " elements");
  }

  /// Throws ShapeError where the padded image is smaller than the window.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    auto y = Tensor<T, 4>::uninitialized(output_shape(x.shape()));
    kernels::max_pool2d(x, window_, y);
    return y;
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) const {
    const Shape<4> shape = output_shape(x.shape());
    auto y = Tensor<T, 4>::uninitialized(shape);
    context.unread.begin("max_pool2d");
    context.input_shape = x.shape();
    if (context.taps.shape() != shape) context.taps = Tensor<kernels::Tap, 4>::uninitialized(shape);
    kernels::max_pool2d(x, window_, y, context.taps);
    return y;
  }

  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) const {
    context.unread.require_forward("max_pool2d");
    require<ShapeError>(dy.shape() == context.taps.shape(), "max_pool2d: the gradient ", dy.shape(),
                        " does not fit the output ", context.taps.shape());
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(context.input_shape);
    kernels::max_pool2d_backward(dy, context.taps, window_, dx);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const { return detail::checked_pooled_shape("max_pool2d", x, window_); }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const MaxPool2dOptions& options() const { return options_; }

 private:
  MaxPool2dOptions options_;
  kernels::PoolWindow window_;
};

}  // namespace pupil
