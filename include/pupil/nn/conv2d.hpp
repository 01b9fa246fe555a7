#pragma once
// Conv2d: a dense layer on the neighbourhood of every pixel. PyTorch's twin is nn.Conv2d, on channels-last images.
//
//   y[n, i, j, k] = b[k] + sum over (u, v, c) of x[n, i s + u d - p, j s + v d - p, c] W[k, u, v, c]
//
// for stride s, dilation d, padding p; with groups, output channel k reads the input channels of its group only. As
// many groups as input channels make a depthwise convolution, which has kernels of its own.

#include <string>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/conv2d.hpp>
#include <pupil/kernels/conv/explain.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>
#include <pupil/kernels/window.hpp>
#include <pupil/nn/convolution.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct Conv2dOptions {
  Index in_channels = 0;
  Index out_channels = 0;
  Size2d kernel_size = 1;
  Size2d stride = 1;
  Padding2d padding = 0;
  Size2d dilation = 1;
  Index groups = 1;
  bool bias = true;
};

template <class T>
class Conv2d {
 public:
  struct Context {
    Tensor<T, 4> input;
    UnreadForward unread{};
  };

  /// Weights and bias uniform in +-1 / sqrt(in_channels / groups * kernel area). Throws OptionError for an option that
  /// is out of its range, or groups that do not divide both channel counts.
  Conv2d(const Conv2dOptions& options, Rng& rng)
      : options_(checked(options)),
        parameters_({options.out_channels, options.kernel_size.height, options.kernel_size.width,
                     options.in_channels / options.groups},
                    options.bias, rng) {}

  /// x [N, H, W, in_channels] gives [N, OH, OW, out_channels], with
  /// OH = floor((H + padding - dilation (kernel - 1) - 1) / stride) + 1. Throws ShapeError where the channels are
  /// others or the padded image is smaller than the kernel.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    const kernels::ConvShape shape = shape_for(x.shape());
    auto y = Tensor<T, 4>::uninitialized(parameters_.output_shape(shape));
    kernels::conv2d_forward<T>(shape, x.data(), parameters_.weight(), parameters_.bias(), y.data(), nullptr,
                               parameters_.packed());
    return y;
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    auto y = forward(std::as_const(x));
    context.unread.begin("conv2d");
    context.input = std::move(x);
    return y;
  }

  /// dy [N, OH, OW, out_channels] gives dx [N, H, W, in_channels].
  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) {
    backward_parameters(dy, context);
    return parameters_.input_gradient(shape_for(context.input.shape()), context.input, dy);
  }

  /// As backward, without dx: for a network's first layer, whose input nobody trains.
  void backward_parameters(const Tensor<T, 4>& dy, const Context& context) {
    context.unread.require_forward("conv2d");
    parameters_.add_gradients("conv2d", shape_for(context.input.shape()), context.input, dy);
    context.unread.end();
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const { return parameters_.output_shape(shape_for(x)); }

  /// How each pass over an x of this shape is computed, in a line: see kernels/conv/plan.hpp.
  std::string explain(const Shape<4>& x) const { return kernels::explain_conv2d<T>(shape_for(x)); }

  /// The weight is [out_channels, kernel height, kernel width, in_channels / groups].
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("conv2d");
    parameters_.visit(visitor, name, layer_shape());
  }

  const Conv2dOptions& options() const { return options_; }

 private:
  template <class>
  friend class Conv2dNormActivation;

  /// As forward, and then what the epilogue does, in one pass. Its residual is of the output's shape.
  Tensor<T, 4> forward_and_finish(const Tensor<T, 4>& x, const kernels::Epilogue<T>& epilogue) const {
    const kernels::ConvShape shape = shape_for(x.shape());
    auto y = Tensor<T, 4>::uninitialized(parameters_.output_shape(shape));
    kernels::conv2d_forward(shape, x.data(), parameters_.weight(), parameters_.bias(), y.data(), &epilogue,
                            parameters_.packed());
    return y;
  }

  static const Conv2dOptions& checked(const Conv2dOptions& o) {
    detail::check_conv2d_options("conv2d", o);
    return o;
  }

  kernels::ConvShape shape_for(const Shape<4>& x) const {
    const Conv2dOptions& o = options_;
    moved_.check("conv2d");
    require<ShapeError>(x[3] == o.in_channels, "conv2d: input has ", x[3], " channels, the layer was made for ",
                        o.in_channels, " (input ", x, ")");
    const Index out_height = kernels::output_extent(x[1], o.kernel_size.height, o.stride.height, o.padding.top,
                                                    o.padding.bottom, o.dilation.height);
    const Index out_width = kernels::output_extent(x[2], o.kernel_size.width, o.stride.width, o.padding.left,
                                                   o.padding.right, o.dilation.width);
    require<ShapeError>(out_height >= 1 && out_width >= 1, "conv2d: input ", x, " padded by ", o.padding,
                        " is smaller than the kernel ", o.kernel_size, " with dilation ", o.dilation);
    kernels::ConvShape shape = layer_shape();
    shape.batch = x[0];
    shape.height = x[1];
    shape.width = x[2];
    shape.out_height = out_height;
    shape.out_width = out_width;
    return shape;
  }

  /// Without the extents of an image.
  kernels::ConvShape layer_shape() const {
    const Conv2dOptions& o = options_;
    return {.in_channels = o.in_channels,
            .out_channels = o.out_channels,
            .kernel = o.kernel_size,
            .stride = o.stride,
            .dilation = o.dilation,
            .padding = o.padding,
            .groups = o.groups};
  }

  Conv2dOptions options_;
  detail::ConvolutionParameters<T, 4> parameters_;
  MoveMark moved_;
};

}  // namespace pupil
