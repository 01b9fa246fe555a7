#pragma once
// Upsample2d: images of another size, by the nearest pixel or between four. PyTorch's twin is nn.Upsample, on
// channels-last images.
//
// Along each axis, of `in` pixels to `out`, output o lies at place p of the input, whose pixels lie at 0, 1, 2, ...
//
//   nearest                      p = floor(o r)                         y[o] = x[p]
//   bilinear                     p = (o + 1/2) r - 1/2                  y[o] = x[i] (1 - f) + x[i + 1] f
//   bilinear, corners aligned    p = o (in - 1) / (out - 1)             with i = floor(p) and f = p - i
//
// for r = 1 / scale_factor, or in / out where `size` is given. Places outside of the image are its first or last pixel.
// (PyTorch leaves these formulas where a fractional factor gives no more pixels than there were, or twice as many.)
// The gradient of an output goes to the pixels that it was made of, by the same weights.

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/resample/resample2d.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// How many times as high and as wide; one number means both.
struct Scale2d {
  constexpr Scale2d(double both) : height(both), width(both) {}  // NOLINT(google-explicit-constructor): an option
  constexpr Scale2d(double height_, double width_) : height(height_), width(width_) {}
  constexpr bool operator==(const Scale2d&) const = default;

  double height;
  double width;
};

inline std::ostream& operator<<(std::ostream& out, const Scale2d& scale) {
  return out << '(' << scale.height << ", " << scale.width << ')';
}

/// What a pixel between those of the input is made of: the nearest one, or the four around it.
enum class UpsampleMode { nearest, bilinear };

/// Either `size` or `scale_factor` is given.
struct Upsample2dOptions {
  Size2d size = 0;           ///< of the output, in pixels; 0 where it is not given
  Scale2d scale_factor = 0;  ///< output by input, rounded down to whole pixels; 0 where it is not given
  UpsampleMode mode = UpsampleMode::nearest;
  bool align_corners = false;  ///< whether the corners of input and output are the same pixels; for bilinear
};

/// [batch, height, width, channels] to [batch, size..., channels], or to floor(height * scale_factor) and so on.
template <class T>
class Upsample2d {
 public:
  struct Context {
    Shape<4> input_shape;
    UnreadForward unread{};
  };

  /// Throws OptionError where not just one of size and scale_factor is given, where it is not positive, or where
  /// corners are to be aligned in the mode nearest.
  explicit Upsample2d(const Upsample2dOptions& options) : options_(options) {
    const auto& [size, scale, mode, align_corners] = options;
    const bool has_size = size != Size2d(0);
    const bool has_scale = scale != Scale2d(0);
    require<OptionError>(has_size || has_scale, "upsample2d: neither size nor scale_factor is given");
    require<OptionError>(!has_size || !has_scale, "upsample2d: both size ", size, " and scale_factor ", scale,
                         " are given, one would do");
    require<OptionError>(!has_size || (size.height >= 1 && size.width >= 1), "upsample2d: size is ", size,
                         ", not at least 1");
    const auto is_positive = [](double factor) { return factor > 0 && std::isfinite(factor); };
    require<OptionError>(!has_scale || (is_positive(scale.height) && is_positive(scale.width)),
                         "upsample2d: scale_factor is ", scale, ", not positive");
    require<OptionError>(!align_corners || mode == UpsampleMode::bilinear,
                         "upsample2d: corners can be aligned in the mode bilinear alone");
  }

  /// Throws ShapeError where the input or the output has no pixels.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    const Shape<4> shape = output_shape(x.shape());
    auto y = Tensor<T, 4>::uninitialized(shape);
    kernels::resample2d(x, down(x.shape(), shape), across(x.shape(), shape), y);
    return y;
  }

  Tensor<T, 4> forward(const Tensor<T, 4>& x, Context& context) const {
    auto y = forward(x);
    context.unread.begin("upsample2d");
    context.input_shape = x.shape();
    return y;
  }

  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) const {
    context.unread.require_forward("upsample2d");
    const Shape<4>& input = context.input_shape;
    const Shape<4> expected = output_shape(input);
    require<ShapeError>(dy.shape() == expected, "upsample2d: the gradient ", dy.shape(), " does not fit the output ",
                        expected);
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(input);
    kernels::resample2d_backward(dy, down(input, expected), across(input, expected), dx);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    require<ShapeError>(x[1] >= 1 && x[2] >= 1, "upsample2d: the input ", x, " has no pixels");
    const auto extent = [](Index input, Index size, double scale) {
      return size > 0 ? size : static_cast<Index>(std::floor(static_cast<double>(input) * scale));
    };
    const Shape<4> y{x[0], extent(x[1], options_.size.height, options_.scale_factor.height),
                     extent(x[2], options_.size.width, options_.scale_factor.width), x[3]};
    require<ShapeError>(y[1] >= 1 && y[2] >= 1, "upsample2d: of the input ", x, " no pixels are left by scale_factor ",
                        options_.scale_factor);
    return y;
  }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const Upsample2dOptions& options() const { return options_; }

 private:
  kernels::ResampledAxis down(const Shape<4>& x, const Shape<4>& y) const {
    return axis(x[1], y[1], options_.scale_factor.height);
  }
  kernels::ResampledAxis across(const Shape<4>& x, const Shape<4>& y) const {
    return axis(x[2], y[2], options_.scale_factor.width);
  }

  /// `scale` is 0 where the size was given.
  kernels::ResampledAxis axis(Index inputs, Index outputs, double scale) const {
    const double ratio = scale > 0 ? 1 / scale : static_cast<double>(inputs) / static_cast<double>(outputs);
    if (options_.mode == UpsampleMode::nearest) {
      return {inputs, outputs, [&](Index o) {
                // Divided last, so that what is a whole number is not rounded to less.
                const Index place =
                    scale > 0 ? static_cast<Index>(static_cast<double>(o) / scale) : o * inputs / outputs;
                const Index nearest = std::min(place, inputs - 1);
                return kernels::AxisSource{nearest, nearest, 0};
              }};
    }
    if (options_.align_corners) {
      const double step = outputs > 1 ? static_cast<double>(inputs - 1) / static_cast<double>(outputs - 1) : 0;
      return {inputs, outputs, [&](Index o) { return kernels::source_between(static_cast<double>(o) * step, inputs); }};
    }
    return {inputs, outputs,
            [&](Index o) { return kernels::source_between((static_cast<double>(o) + 0.5) * ratio - 0.5, inputs); }};
  }

  Upsample2dOptions options_;
};

}  // namespace pupil
