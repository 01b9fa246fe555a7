#pragma once
// AdaptiveAvgPool2d: the means of windows that cover an image of any size, always as many. PyTorch's twin is
// nn.AdaptiveAvgPool2d.
//
//   y[n, i, j, c] = mean of x[n, u, v, c] over floor(i H / OH) <= u < ceil((i + 1) H / OH), and v likewise
//
// Where the output is larger than the input, pixels are repeated.

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pool/adaptive_avg_pool2d.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct AdaptiveAvgPool2dOptions {
  Size2d output_size = 1;
};

/// [batch, height, width, channels] to [batch, output_size..., channels].
template <class T>
class AdaptiveAvgPool2d {
 public:
  struct Context {
    Shape<4> input_shape;
    UnreadForward unread{};
  };

  /// Throws OptionError for an output size below 1.
  explicit AdaptiveAvgPool2d(const AdaptiveAvgPool2dOptions& options) : options_(options) {
    require<OptionError>(options.output_size.height >= 1 && options.output_size.width >= 1,
                         "adaptive_avg_pool2d: output_size is ", options.output_size, ", not at least 1");
  }

  /// Throws ShapeError for images without a pixel.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    auto y = Tensor<T, 4>::uninitialized(output_shape(x.shape()));
    kernels::adaptive_avg_pool2d(x, y);
    return y;
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) const {
    auto y = forward(std::as_const(x));
    context.unread.begin("adaptive_avg_pool2d");
    context.input_shape = x.shape();
    return y;
  }

  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) const {
    context.unread.require_forward("adaptive_avg_pool2d");
    const Shape<4> expected = output_shape(context.input_shape);
    require<ShapeError>(dy.shape() == expected, "adaptive_avg_pool2d: the gradient ", dy.shape(),
                        " does not fit the output ", expected);
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(context.input_shape);
    kernels::adaptive_avg_pool2d_backward(dy, dx);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    require<ShapeError>(x[1] >= 1 && x[2] >= 1, "adaptive_avg_pool2d: the input ", x, " has no pixels");
    return {x[0], options_.output_size.height, options_.output_size.width, x[3]};
  }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const AdaptiveAvgPool2dOptions& options() const { return options_; }

 private:
  AdaptiveAvgPool2dOptions options_;
};

}  // namespace pupil
