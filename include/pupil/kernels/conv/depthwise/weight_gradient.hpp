#pragma once
// The weight gradient of a depthwise convolution:
//
//   dW[u, v, k] += sum over (n, i, j) of dy[n, i, j, k] x[n, i s + u d - p, j s + v d - p, k]
//
// A line of outputs is multiplied, channel by channel, with what it reads under the taps of a line of the kernel.

#include <pupil/kernels/conv/shape.hpp>
#ifndef PUPIL_COMPILED
#include <algorithm>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/axis.hpp>
#include <pupil/kernels/conv/depthwise/multiplier.hpp>
#include <pupil/kernels/isa/arguments/depthwise.hpp>
#include <pupil/kernels/isa/backend.hpp>
#include <pupil/kernels/window.hpp>
#endif

namespace pupil::kernels {

/// Adds to weight_gradient [K, KH, KW, 1] the sum over all pixels of dy times what the tap reads. Lines are summed in
/// ranges of about 256 pixels, and the ranges' sums in order.
template <class T>
void depthwise_conv2d_weight_gradient(const ConvShape& shape, const T* x, const T* dy, T* weight_gradient);

#ifndef PUPIL_COMPILED
namespace detail {

/// The gradient of the output and the input, which has K channels.
template <class T>
struct GradientSource {
  const T* x;
  const T* dy;
  const Storage<Meetings>& down;
  const ConvAxis& across;
  Range inside;  ///< the outputs of a line for which all taps fall inside the input
};

/// The outputs of a line for which all taps fall inside the input.
inline Range outputs_with_all_taps(const ConvAxis& across) {
  Range all{0, across.outputs};
  for (Index v = 0; v < across.kernel; ++v) {
    const Range outputs = across.outputs_inside(v);
    all = {std::max(all.begin, outputs.begin), std::min(all.end, outputs.end)};
  }
  return all.begin < all.end ? all : Range{};
}

/// sums [KH * KW, K] += what one line of outputs adds to the weight gradient.
template <class T>
void add_line_to_weight_gradient(const ConvShape& shape, const GradientSource<T>& source, Index line, T* sums) {
  const Index channels = shape.out_channels;
  const ConvAxis& across = source.across;
  const Meetings& down = source.down.data()[line % shape.out_height];
  const Range& inside = source.inside;
  const auto add_products = with_backend<T>([]<class Backend>(Backend) { return Backend::add_products; });
  for (Index i = 0; i < down.count; ++i) {
    const Index row = line / shape.out_height * shape.height + down.pixel + i * down.pixel_step;
    const Index first_tap = (down.tap + i * down.tap_step) * shape.kernel.width;
    const auto add = [&](Index begin, Index end, Index v, Index taps) {
      if (begin >= end) return;
      const Index input = row * shape.width + begin * across.stride + v * across.dilation - across.padding;
      add_products(TapProducts<T>{.channels = channels,
                                  .outputs = end - begin,
                                  .taps = taps,
                                  .dy = source.dy + (line * shape.out_width + begin) * channels,
                                  .dy_step = channels,
                                  .x = source.x + input * channels,
                                  .x_step = across.stride * channels,
                                  .x_tap = across.dilation * channels,
                                  .sums = sums + (first_tap + v) * channels});
    };
    add(inside.begin, inside.end, 0, across.kernel);
    for (Index v = 0; v < across.kernel; ++v) {
      const Range outputs = across.outputs_inside(v);
      add(outputs.begin, std::min(outputs.end, inside.begin), v, 1);
      add(std::max(outputs.begin, inside.end), outputs.end, v, 1);
    }
  }
}

}  // namespace detail

template <class T>
void depthwise_conv2d_weight_gradient(const ConvShape& shape, const T* x, const T* dy, T* weight_gradient) {
  const Storage<T> copies = detail::repeated_channels(shape, x);
  const T* const inputs = copies.size() > 0 ? copies.data() : x;
  const Storage<Meetings> down = ConvAxis::vertical(shape).inputs_of_outputs();
  const ConvAxis across = ConvAxis::horizontal(shape);
  const detail::GradientSource<T> source{inputs, dy, down, across, detail::outputs_with_all_taps(across)};
  const Index taps = shape.kernel.height * shape.kernel.width;
  const Index lines = shape.batch * shape.out_height;
  const Index grain = std::max<Index>(1, 256 / shape.out_width);

  auto sums = Tensor<T, 2>::uninitialized({(lines + grain - 1) / grain, taps * shape.out_channels});
  parallel_ranges(lines, grain, [&](Index begin, Index end) {
    T* const sum = sums.row(begin / grain);
    std::fill_n(sum, sums.columns(), T{});
    for (Index line = begin; line < end; ++line) {
      detail::add_line_to_weight_gradient(shape, source, line, sum);
    }
  });

  Tensor<T, 1> total({sums.columns()});
  for (Index range = 0; range < sums.rows(); ++range) {
    for (Index i = 0; i < total.size(); ++i) total[i] += sums.row(range)[i];
  }
  for (Index k = 0; k < shape.out_channels; ++k) {
    for (Index tap = 0; tap < taps; ++tap) weight_gradient[k * taps + tap] += total[tap * shape.out_channels + k];
  }
}
#endif

}  // namespace pupil::kernels
