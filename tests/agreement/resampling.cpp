#include <pupil/nn/pixel_shuffle.hpp>
#include <pupil/nn/pixel_unshuffle.hpp>
#include <pupil/nn/upsample2d.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// Whether PyTorch 1.13 leaves its formula: where the output is as large as the input, or twice as large, by a factor
/// that is neither 1 nor 2. Which pixels it then takes is one thing in its forward, and another in its backward.
bool is_an_exception(Index input, Index output, double factor) {
  return (output == input && factor != 1) || (output == 2 * input && factor != 2);
}

/// Sizes are below those at which PyTorch takes another pixel for the nearest, as it computes its place in float.
template <class T>
void check_upsample2d(Draw& draw) {
  const auto x = draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 9), draw.between(1, 9), draw.between(1, 9)});
  Upsample2dOptions options;
  if (draw.coin()) {
    options.size = draw.size_between(1, 30);
  } else {
    options.scale_factor = {static_cast<double>(draw.between(4, 16)) / 4, static_cast<double>(draw.between(4, 16)) / 4};
    const Shape<4> y = Upsample2d<T>(options).output_shape(x.shape());
    auto& [down, across] = options.scale_factor;
    if (is_an_exception(x.dim(1), y[1], down)) down = 2;
    if (is_an_exception(x.dim(2), y[2], across)) across = 2;
  }
  if (draw.coin()) {
    options.mode = UpsampleMode::bilinear;
    options.align_corners = draw.coin();
  }
  Upsample2d<T> layer(options);
  const Shape<4> output = layer.output_shape(x.shape());
  const auto scale = [](double factor) { return factor > 0 ? c10::optional<double>(factor) : c10::nullopt; };
  const auto down = scale(options.scale_factor.height);
  const auto across = scale(options.scale_factor.width);
  compare_layer(
      layer, x,
      [&](const at::Tensor& input, const State&) {
        if (options.mode == UpsampleMode::nearest) {
          return at::upsample_nearest2d(input, {output[1], output[2]}, down, across);
        }
        return at::upsample_bilinear2d(input, {output[1], output[2]}, options.align_corners, down, across);
      },
      draw);
}

template <class T>
void check_pixel_shuffle(Draw& draw) {
  const Index factor = draw.between(1, 4);
  PixelShuffle<T> layer({.upscale_factor = factor});
  const Shape<4> shape{draw.between(1, 3), draw.between(1, 6), draw.between(1, 6),
                       draw.between(1, 5) * factor * factor};
  compare_layer(
      layer, draw.tensor<T>(shape),
      [&](const at::Tensor& input, const State&) { return at::pixel_shuffle(input, factor); }, draw);
}

template <class T>
void check_pixel_unshuffle(Draw& draw) {
  const Index factor = draw.between(1, 4);
  PixelUnshuffle<T> layer({.downscale_factor = factor});
  const Shape<4> shape{draw.between(1, 3), draw.between(1, 6) * factor, draw.between(1, 6) * factor,
                       draw.between(1, 5)};
  compare_layer(
      layer, draw.tensor<T>(shape),
      [&](const at::Tensor& input, const State&) { return at::pixel_unshuffle(input, factor); }, draw);
}

}  // namespace

void add_resampling(Agreements& agreements) {
  agreements.push_back({"pixel_shuffle", check_pixel_shuffle<double>, check_pixel_shuffle<float>});
  agreements.push_back({"pixel_unshuffle", check_pixel_unshuffle<double>, check_pixel_unshuffle<float>});
  agreements.push_back({"upsample2d", check_upsample2d<double>, check_upsample2d<float>});
}

}  // namespace pupil::agreement
