#pragma once
// ConvTranspose2d: every pixel is spread over a neighbourhood, so that a stride makes images larger. PyTorch's twin is
// nn.ConvTranspose2d, on channels-last images.
//
//   y[n, i s + u d - p, j s + v d - p, k] = b[k] + sum of x[n, i, j, c] W[c, u, v, k]
//
// over all (i, j) and (u, v) that meet there, and over c, for stride s, dilation d, padding p; with groups, output
// channel k reads the input channels of its group only.
//
// It is a convolution the other way round: with the Conv2d that makes images like x of images like y,
//
//   y  = that convolution's data gradient of x, + b      dx = its forward of dy
//   dW = its weight gradient, of the image dy and the gradient x      db = sum over all pixels of dy
//
// and its weights are those of that convolution, so the kernels are the same.

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/conv2d.hpp>
#include <pupil/kernels/conv/explain.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/kernels/window.hpp>
#include <pupil/nn/convolution.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct ConvTranspose2dOptions {
  Index in_channels = 0;
  Index out_channels = 0;
  Size2d kernel_size = 1;
  Size2d stride = 1;
  Padding2d padding = 0;  ///< rows and columns that are left out of the output, on each side
  Size2d output_padding =
      0;  ///< rows and columns more, below and to the right: a stride leaves open how many there are
  Size2d dilation = 1;
  Index groups = 1;
  bool bias = true;
};

template <class T>
class ConvTranspose2d {
 public:
  struct Context {
    Tensor<T, 4> input;
    UnreadForward unread{};
  };

  /// Weights and bias uniform in +-1 / sqrt(out_channels / groups * kernel area), as PyTorch's. Throws OptionError for
  /// an option that is out of its range, groups that do not divide both channel counts, or an output padding that is
  /// less than neither the stride nor the dilation.
  ConvTranspose2d(const ConvTranspose2dOptions& options, Rng& rng) : options_(checked(options)) {
    const Index fan = options.kernel_size.height * options.kernel_size.width * options.out_channels / options.groups;
    weight_ = Parameter(Tensor<T, 4>({options.in_channels, options.kernel_size.height, options.kernel_size.width,
                                      options.out_channels / options.groups}));
    fill_by_fan_in(weight_.value, fan, rng);
    if (options.bias) {
      bias_ = Parameter(Tensor<T, 1>({options.out_channels}));
      fill_by_fan_in(bias_.value, fan, rng);
    }
  }

  /// x [N, H, W, in_channels] gives [N, OH, OW, out_channels], with
  /// OH = (H - 1) stride - padding + dilation (kernel - 1) + output_padding + 1. Throws ShapeError where the channels
  /// are others, or either image has no pixels.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    const kernels::ConvShape shape = shape_for(x.shape());
    auto y = Tensor<T, 4>::uninitialized(image_shape(shape));
    kernels::conv2d_input_gradient(shape, x.data(), weight_.value.data(), y.data());
    if (options_.bias) add_bias(y);
    return y;
  }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    auto y = forward(std::as_const(x));
    context.unread.begin("conv_transpose2d");
    context.input = std::move(x);
    return y;
  }

  /// dy [N, OH, OW, out_channels] gives dx [N, H, W, in_channels].
  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) {
    backward_parameters(dy, context);
    const kernels::ConvShape shape = shape_for(context.input.shape());
    auto dx = Tensor<T, 4>::uninitialized(context.input.shape());
    constexpr const T* no_bias = nullptr;
    kernels::conv2d_forward(shape, dy.data(), weight_.value.data(), no_bias, dx.data());
    return dx;
  }

  /// As backward, without dx: for a network's first layer, whose input nobody trains.
  void backward_parameters(const Tensor<T, 4>& dy, const Context& context) {
    context.unread.require_forward("conv_transpose2d");
    const kernels::ConvShape shape = shape_for(context.input.shape());
    require<ShapeError>(dy.shape() == image_shape(shape), "conv_transpose2d: the gradient ", dy.shape(),
                        " does not fit the output ", image_shape(shape));
    context.unread.end();
    kernels::conv2d_weight_gradient(shape, dy.data(), context.input.data(), weight_.gradient.data());
    if (options_.bias) kernels::add_column_sums(kernels::matrix(dy), bias_.gradient.data());
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const { return image_shape(shape_for(x)); }

  /// Every pixel of x is multiplied by the weights of a group.
  Index multiply_adds(const Shape<4>& x) const { return x[0] * x[1] * x[2] * weight_.value.size(); }

  /// How each pass of the convolution the other way round is computed, whose data gradient is forward here: see
  /// kernels/conv/plan.hpp.
  std::string explain(const Shape<4>& x) const {
    return "the transpose of " + kernels::explain_conv2d<T>(shape_for(x));
  }

  /// The weight is [in_channels, kernel height, kernel width, out_channels / groups].
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("conv_transpose2d");
    visitor(name / "weight", weight_);
    if (options_.bias) visitor(name / "bias", bias_);
  }

  const ConvTranspose2dOptions& options() const { return options_; }

 private:
  static const ConvTranspose2dOptions& checked(const ConvTranspose2dOptions& o) {
    detail::check_conv2d_options("conv_transpose2d", o);
    require<OptionError>(o.output_padding.height >= 0 && o.output_padding.width >= 0,
                         "conv_transpose2d: output_padding is ", o.output_padding, ", not at least 0");
    require<OptionError>(o.output_padding.height < std::max(o.stride.height, o.dilation.height) &&
                             o.output_padding.width < std::max(o.stride.width, o.dilation.width),
                         "conv_transpose2d: output_padding is ", o.output_padding, ", not less than the stride ",
                         o.stride, " or the dilation ", o.dilation);
    return o;
  }

  /// The convolution that makes images like x of images like y.
  kernels::ConvShape shape_for(const Shape<4>& x) const {
    const ConvTranspose2dOptions& o = options_;
    moved_.check("conv_transpose2d");
    require<ShapeError>(x[3] == o.in_channels, "conv_transpose2d: input has ", x[3],
                        " channels, the layer was made for ", o.in_channels, " (input ", x, ")");
    require<ShapeError>(x[1] >= 1 && x[2] >= 1, "conv_transpose2d: the input ", x, " has no pixels");
    const Index height = (x[1] - 1) * o.stride.height - o.padding.top - o.padding.bottom +
                         kernels::window_span(o.kernel_size.height, o.dilation.height) + o.output_padding.height;
    const Index width = (x[2] - 1) * o.stride.width - o.padding.left - o.padding.right +
                        kernels::window_span(o.kernel_size.width, o.dilation.width) + o.output_padding.width;
    require<ShapeError>(height >= 1 && width >= 1, "conv_transpose2d: of the input ", x,
                        " no pixels are left without the padding ", o.padding);
    return {.batch = x[0],
            .height = height,
            .width = width,
            .in_channels = o.out_channels,
            .out_height = x[1],
            .out_width = x[2],
            .out_channels = o.in_channels,
            .kernel = o.kernel_size,
            .stride = o.stride,
            .dilation = o.dilation,
            .padding = o.padding,
            .groups = o.groups};
  }

  /// The images that the convolution is of: the output here.
  static Shape<4> image_shape(const kernels::ConvShape& shape) {
    return {shape.batch, shape.height, shape.width, shape.in_channels};
  }

  void add_bias(Tensor<T, 4>& y) const {
    using Row = Eigen::Array<T, 1, Eigen::Dynamic>;
    const Index channels = y.columns();
    const Eigen::Map<const Row> bias(bias_.value.data(), channels);
    parallel_ranges(y.rows(), rows_a_range(channels), [&](Index begin, Index end) {
      for (Index r = begin; r < end; ++r) Eigen::Map<Row>(y.row(r), channels) += bias;
    });
  }

  ConvTranspose2dOptions options_;
  Parameter<T, 4> weight_;
  Parameter<T, 1> bias_;
  MoveMark moved_;
};

}  // namespace pupil
