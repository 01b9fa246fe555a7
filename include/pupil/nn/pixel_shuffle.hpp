#pragma once
// PixelShuffle: larger images of fewer channels, whose pixels are those channels. Shi et al., "Real-time single image
// and video super-resolution using an efficient sub-pixel convolutional neural network", 2016. PyTorch's twin is
// nn.PixelShuffle, on channels-last images, and channels are in its order.
//
//   y[n, h r + i, w r + j, c] = x[n, h, w, (c r + i) r + j]      for 0 <= i < r, 0 <= j < r, upscale_factor r
//
// Numbers only change their places; those of the gradient change back, which is a PixelUnshuffle.

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/resample/pixel_shuffle.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct PixelShuffleOptions {
  Index upscale_factor = 0;
};

/// [batch, height, width, r r C] to [batch, r height, r width, C].
template <class T>
class PixelShuffle {
 public:
  struct Context {
    Shape<4> input_shape;
    UnreadForward unread{};
  };

  /// Throws OptionError for a factor below 1.
  explicit PixelShuffle(const PixelShuffleOptions& options) : options_(options) {
    require<OptionError>(options.upscale_factor >= 1, "pixel_shuffle: upscale_factor is ", options.upscale_factor,
                         ", not at least 1");
  }

  /// Throws ShapeError where the channels are no multiple of r r.
  Tensor<T, 4> forward(const Tensor<T, 4>& x) const {
    auto y = Tensor<T, 4>::uninitialized(output_shape(x.shape()));
    kernels::pixel_shuffle(x, options_.upscale_factor, y);
    return y;
  }

  Tensor<T, 4> forward(const Tensor<T, 4>& x, Context& context) const {
    auto y = forward(x);
    context.unread.begin("pixel_shuffle");
    context.input_shape = x.shape();
    return y;
  }

  Tensor<T, 4> backward(const Tensor<T, 4>& dy, const Context& context) const {
    context.unread.require_forward("pixel_shuffle");
    const Shape<4> expected = output_shape(context.input_shape);
    require<ShapeError>(dy.shape() == expected, "pixel_shuffle: the gradient ", dy.shape(), " does not fit the output ",
                        expected);
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(context.input_shape);
    kernels::pixel_unshuffle(dy, options_.upscale_factor, dx);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<4> output_shape(const Shape<4>& x) const {
    const Index factor = options_.upscale_factor;
    require<ShapeError>(x[3] % (factor * factor) == 0, "pixel_shuffle: the channels of the input ", x,
                        " are no multiple of ", factor * factor, ", the pixels that each is to become");
    return {x[0], x[1] * factor, x[2] * factor, x[3] / (factor * factor)};
  }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const PixelShuffleOptions& options() const { return options_; }

 private:
  PixelShuffleOptions options_;
};

}  // namespace pupil
