#pragma once
// PixelUnshuffle: smaller images of more channels, which are the pixels of a square. PyTorch's twin is
// nn.PixelUnshuffle, on channels-last images, and channels are in its order.
//
//   y[n, h, w, (c r + i) r + j] = x[n, h r + i, w r + j, c]      for 0 <= i < r, 0 <= j < r, downscale_factor r
//
// It undoes a PixelShuffle, which is also its gradient.

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/resample/pixel_shuffle.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct PixelUnshuffleOptions {
  Index downscale_factor = 0;
};

/// [batch, r height, r width, C] to [batch, height, width, r r C].
template <class T>
class PixelUnshuffle {
 public:
  struct Context {
    Shape<4> input_shape;
    UnreadForward unread{};
  };

  /// Throws OptionError for a factor below 1.
  explicit PixelUnshuffle(const PixelUnshuffleOptions& options) : options_(options) {
    require<OptionError>(options.downscale_factor >= 1, "pixel_unshuffle: downscale_factor is ",
                         options.downscale_factor, ", not at least 1");
  }

  /// Throws ShapeError where height or width is no multiple of r.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    auto y = Tensor<T, 4>::uninitialized(output_shape(x.shape()));
    kernels::pixel_unshuffle(x, options_.downscale_factor, y);
    return y;
  }

  Tensor<T, 4> forward(const Tensor<T, 4>& x, Context& context) const {
    auto y = forward(x);
    context.unread.begin("pixel_unshuffle");
    context.input_shape = x.shape();
    return y;
  }

  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) const {
    context.unread.require_forward("pixel_unshuffle");
    const Shape<4> expected = output_shape(context.input_shape);
    require<ShapeError>(dy.shape() == expected, "pixel_unshuffle: the gradient ", dy.shape(),
                        " does not fit the output ", expected);
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(context.input_shape);
    kernels::pixel_shuffle(dy, options_.downscale_factor, dx);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    const Index factor = options_.downscale_factor;
    require<ShapeError>(x[1] % factor == 0 && x[2] % factor == 0, "pixel_unshuffle: the input ", x,
                        " cannot be cut into squares of ", factor, " by ", factor, " pixels");
    return {x[0], x[1] / factor, x[2] / factor, x[3] * factor * factor};
  }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const PixelUnshuffleOptions& options() const { return options_; }

 private:
  PixelUnshuffleOptions options_;
};

}  // namespace pupil
