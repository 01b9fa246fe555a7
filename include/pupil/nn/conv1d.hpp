#pragma once
// Conv1d: a dense layer on the neighbourhood of every step of a sequence. PyTorch's twin is nn.Conv1d, on channels-last
// sequences.
//
//   y[n, i, k] = b[k] + sum over (u, c) of x[n, i s + u d - p, c] W[k, u, c]
//
// for stride s, dilation d, padding p; with groups, output channel k reads the input channels of its group only. To the
// kernels a sequence is an image of height 1.

#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/conv2d.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/window.hpp>
#include <pupil/nn/convolution.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct Conv1dOptions {
  Index in_channels = 0;
  Index out_channels = 0;
  Index kernel_size = 1;
  Index stride = 1;
  Index padding = 0;  ///< zeros at either end
  Index dilation = 1;
  Index groups = 1;
  bool bias = true;
};

template <class T>
class Conv1d {
 public:
  struct Context {
    Tensor<T, 3> input;
    UnreadForward unread{};
  };

  /// Weights and bias uniform in +-1 / sqrt(in_channels / groups * kernel_size). Throws OptionError for an option that
  /// is out of its range, or groups that do not divide both channel counts.
  Conv1d(const Conv1dOptions& options, Rng& rng)
      : options_(checked(options)),
        parameters_({options.out_channels, options.kernel_size, options.in_channels / options.groups}, options.bias,
                    rng) {}

  /// x [N, L, in_channels] gives [N, OL, out_channels], with
  /// OL = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1. Throws ShapeError where the channels
  /// are others or the padded sequence is shorter than the kernel.
  Tensor<T, 3> forward(const Tensor<T, 3>& x) const {
    const kernels::ConvShape shape = shape_for(x.shape());
    auto y = Tensor<T, 3>::uninitialized(parameters_.output_shape(shape));
    kernels::conv2d_forward<T>(shape, x.data(), parameters_.weight(), parameters_.bias(), y.data(), nullptr,
                               parameters_.packed());
    return y;
  }

  Tensor<T, 3> forward(Tensor<T, 3> x, Context& context) {
    auto y = forward(std::as_const(x));
    context.unread.begin("conv1d");
    context.input = std::move(x);
    return y;
  }

  /// dy [N, OL, out_channels] gives dx [N, L, in_channels].
  Tensor<T, 3> backward(const Tensor<T, 3>& dy, const Context& context) {
    backward_parameters(dy, context);
    return parameters_.input_gradient(shape_for(context.input.shape()), context.input, dy);
  }

  /// As backward, without dx: for a network's first layer, whose input nobody trains.
  void backward_parameters(const Tensor<T, 3>& dy, const Context& context) {
    context.unread.require_forward("conv1d");
    parameters_.add_gradients("conv1d", shape_for(context.input.shape()), context.input, dy);
    context.unread.end();
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<3> output_shape(const Shape<3>& x) const { return parameters_.output_shape(shape_for(x)); }

  /// The weight is [out_channels, kernel_size, in_channels / groups].
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("conv1d");
    parameters_.visit(visitor, name, layer_shape());
  }

  const Conv1dOptions& options() const { return options_; }

 private:
  static const Conv1dOptions& checked(const Conv1dOptions& o) {
    detail::check_conv_channels("conv1d", o.in_channels, o.out_channels, o.groups);
    require<OptionError>(o.kernel_size >= 1, "conv1d: kernel_size is ", o.kernel_size, ", not at least 1");
    require<OptionError>(o.stride >= 1, "conv1d: stride is ", o.stride, ", not at least 1");
    require<OptionError>(o.dilation >= 1, "conv1d: dilation is ", o.dilation, ", not at least 1");
    require<OptionError>(o.padding >= 0, "conv1d: padding is ", o.padding, ", not at least 0");
    return o;
  }

  kernels::ConvShape shape_for(const Shape<3>& x) const {
    const Conv1dOptions& o = options_;
    moved_.check("conv1d");
    require<ShapeError>(x[2] == o.in_channels, "conv1d: input has ", x[2], " channels, the layer was made for ",
                        o.in_channels, " (input ", x, ")");
    const Index out_length = kernels::output_extent(x[1], o.kernel_size, o.stride, o.padding, o.padding, o.dilation);
    require<ShapeError>(out_length >= 1, "conv1d: input ", x, " padded by ", o.padding, " is shorter than the kernel ",
                        o.kernel_size, " with dilation ", o.dilation);
    kernels::ConvShape shape = layer_shape();
    shape.batch = x[0];
    shape.width = x[1];
    shape.out_width = out_length;
    return shape;
  }

  /// Without the extents of a sequence.
  kernels::ConvShape layer_shape() const {
    const Conv1dOptions& o = options_;
    return {.height = 1,
            .in_channels = o.in_channels,
            .out_height = 1,
            .out_channels = o.out_channels,
            .kernel = {1, o.kernel_size},
            .stride = {1, o.stride},
            .dilation = {1, o.dilation},
            .padding = {0, o.padding},
            .groups = o.groups};
  }

  Conv1dOptions options_;
  detail::ConvolutionParameters<T, 3> parameters_;
  MoveMark moved_;
};

}  // namespace pupil
