#pragma once
// AdaptiveMaxPool2d: the largest elements of windows that cover an image of any size, always as many. PyTorch's twin is
// nn.AdaptiveMaxPool2d.
//
//   y[n, i, j, c] = max of x[n, u, v, c] over floor(i H / OH) <= u < ceil((i + 1) H / OH), and v likewise
//
// The gradient of an output goes to the one input that it was copied from.

#include <limits>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pool/adaptive_max_pool2d.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct AdaptiveMaxPool2dOptions {
  Size2d output_size = 1;
};

/// [batch, height, width, channels] to [batch, output_size..., channels]. Of equal elements the first in reading order
/// is the maximum; a NaN is larger than any number.
template <class T>
class AdaptiveMaxPool2d {
 public:
  struct Context {
    Shape<4> input_shape;
    Tensor<kernels::PixelNumber, 4> found;  ///< where in its image each output lay
    UnreadForward unread{};
  };

  /// Throws OptionError for an output size below 1.
  explicit AdaptiveMaxPool2d(const AdaptiveMaxPool2dOptions& options) : options_(options) {
    require<OptionError>(options.output_size.height >= 1 && options.output_size.width >= 1,
                         "adaptive_max_pool2d: output_size is ", options.output_size, ", not at least 1");
  }

  /// Throws ShapeError for images without a pixel, or of more than 2^31 - 1.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    Tensor<kernels::PixelNumber, 4> unused;
    return pooled(x, unused);
  }

  Tensor<T, 4> forward(const Tensor<T, 4>& x, Context& context) const {
    static_cast<void>(output_shape(x.shape()));  // which throws before anything changes
    context.unread.begin("adaptive_max_pool2d");
    context.input_shape = x.shape();
    return pooled(x, context.found);
  }

  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) const {
    context.unread.require_forward("adaptive_max_pool2d");
    require<ShapeError>(dy.shape() == context.found.shape(), "adaptive_max_pool2d: the gradient ", dy.shape(),
                        " does not fit the output ", context.found.shape());
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(context.input_shape);
    kernels::adaptive_max_pool2d_backward(dy, context.found, dx);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    require<ShapeError>(x[1] >= 1 && x[2] >= 1, "adaptive_max_pool2d: the input ", x, " has no pixels");
    require<ShapeError>(x[1] <= std::numeric_limits<kernels::PixelNumber>::max() / x[2],
                        "adaptive_max_pool2d: the input ", x, " has more pixels than can be numbered");
    return {x[0], options_.output_size.height, options_.output_size.width, x[3]};
  }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const AdaptiveMaxPool2dOptions& options() const { return options_; }

 private:
  Tensor<T, 4> pooled(const Tensor<T, 4>& x, Tensor<kernels::PixelNumber, 4>& found) const {
    const Shape<4> shape = output_shape(x.shape());
    auto y = Tensor<T, 4>::uninitialized(shape);
    if (found.shape() != shape) found = Tensor<kernels::PixelNumber, 4>::uninitialized(shape);
    kernels::adaptive_max_pool2d(x, y, found);
    return y;
  }

  AdaptiveMaxPool2dOptions options_;
};

}  // namespace pupil
