#pragma once
// Depthwise convolution: groups == in_channels, so that every output channel reads one input channel.
//
//   y[n, i, j, k] = b[k] + sum over (u, v) of x[n, i s + u d - p, j s + v d - p, k] W[u, v, k]
//
// A tap multiplies rows of channels, number by number; there is no product of matrices in it. Forward gathers, for each
// output pixel, the input pixels under its taps. The data gradient gathers, for each input pixel, the output pixels
// that read it: the same loop over other pixels. With a multiplier K / C, input channels are first repeated that often,
// and their gradients in the end summed. The weight gradient is in conv/depthwise/weight_gradient.hpp.

#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>
#ifndef PUPIL_COMPILED
#include <algorithm>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/axis.hpp>
#include <pupil/kernels/conv/depthwise/multiplier.hpp>
#include <pupil/kernels/conv/depthwise/pixel_runs.hpp>
#include <pupil/kernels/isa/backend.hpp>
#endif

namespace pupil::kernels {

/// y [N, OH, OW, K] from x [N, H, W, C] and weight [K, KH, KW, 1]; bias [K] and epilogue may be null.
template <class T>
void depthwise_conv2d_forward(const ConvShape& shape, const T* x, const T* weight, const T* bias, T* y,
                              const Epilogue<T>* epilogue = nullptr);

/// Writes dx [N, H, W, C].
template <class T>
void depthwise_conv2d_input_gradient(const ConvShape& shape, const T* dy, const T* weight, T* dx);

#ifndef PUPIL_COMPILED
namespace detail {

/// The weights [K, KH, KW, 1] as [KH * KW, K]: a tap's row lies beside a pixel's row.
template <class T>
Tensor<T, 2> weights_by_tap(const ConvShape& shape, const T* weight) {
  const Index taps = shape.kernel.height * shape.kernel.width;
  auto result = Tensor<T, 2>::uninitialized({taps, shape.out_channels});
  for (Index tap = 0; tap < taps; ++tap) {
    for (Index k = 0; k < shape.out_channels; ++k) result(tap, k) = weight[k * taps + tap];
  }
  return result;
}

/// The images [N, height, width, channels] that are gathered from, and the taps' weights [KH * KW, channels].
template <class T>
struct GatherSource {
  const T* images;
  Index height, width;
  const Tensor<T, 2>& weights;
  Index kernel_width;
};

/// The images [N, down.size(), across.size(), channels] that are gathered; bias and epilogue may be null.
template <class T>
struct GatherTarget {
  T* images;
  const Storage<Meetings>& down;
  const Storage<Meetings>& across;
  Index across_step;  ///< how far apart pixels of a line are that meet others under the same taps
  const T* bias = nullptr;
  const Epilogue<T>* epilogue = nullptr;
};

/// Gathers one line of the target from an image of the source.
template <class T>
void gather_line(const GatherSource<T>& source, const T* image, const Meetings& down, const PixelRuns& runs,
                 const GatherTarget<T>& target, T* line) {
  const Index channels = source.weights.columns();
  const Index source_line = source.width * channels;
  const Index weights_line = source.kernel_width * channels;
  const auto gather = with_backend<T>([]<class Backend>(Backend) { return Backend::gather; });
  for (const PixelRun& each : runs) {
    const Meetings& across = each.meetings;
    T* const first = line + each.first * channels;
    const auto epilogue = target.epilogue == nullptr ? Epilogue<T>{} : target.epilogue->from(0, first - target.images);
    gather(GatherRun<T>{.channels = channels,
                        .pixels = each.count,
                        .lines = down.count,
                        .taps = across.count,
                        .source = image + down.pixel * source_line + across.pixel * channels,
                        .source_line = down.pixel_step * source_line,
                        .source_tap = across.pixel_step * channels,
                        .source_pixel = each.distance * channels,
                        .weights = source.weights.data() + down.tap * weights_line + across.tap * channels,
                        .weights_line = down.tap_step * weights_line,
                        .weights_tap = across.tap_step * channels,
                        .target = first,
                        .target_pixel = each.step * channels,
                        .bias = target.bias,
                        .epilogue = target.epilogue == nullptr ? nullptr : &epilogue});
  }
}

/// Gathers all pixels of the target.
template <class T>
void gather_pixels(const GatherSource<T>& source, Index batch, const GatherTarget<T>& target) {
  const Index channels = source.weights.columns();
  const Index lines = target.down.size();
  const Index line_size = target.across.size() * channels;
  const PixelRuns runs(target.across, target.across_step);
  parallel_ranges(batch * lines, rows_a_range(line_size * source.weights.rows()), [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const T* const image = source.images + line / lines * source.height * source.width * channels;
      gather_line(source, image, target.down.data()[line % lines], runs, target, target.images + line * line_size);
    }
  });
}

}  // namespace detail

template <class T>
void depthwise_conv2d_forward(const ConvShape& shape, const T* x, const T* weight, const T* bias, T* y,
                              const Epilogue<T>* epilogue) {
  const Storage<T> copies = detail::repeated_channels(shape, x);
  const auto weights = detail::weights_by_tap(shape, weight);
  const detail::GatherSource<T> source{copies.size() > 0 ? copies.data() : x, shape.height, shape.width, weights,
                                       shape.kernel.width};
  const auto down = ConvAxis::vertical(shape).inputs_of_outputs();
  const auto across = ConvAxis::horizontal(shape).inputs_of_outputs();
  detail::gather_pixels(source, shape.batch, detail::GatherTarget<T>{y, down, across, 1, bias, epilogue});
}

template <class T>
void depthwise_conv2d_input_gradient(const ConvShape& shape, const T* dy, const T* weight, T* dx) {
  const Index multiplier = shape.out_channels_a_group();
  const Index size = shape.batch * shape.height * shape.width * shape.in_channels;
  const auto weights = detail::weights_by_tap(shape, weight);
  const detail::GatherSource<T> source{dy, shape.out_height, shape.out_width, weights, shape.kernel.width};
  const auto down = ConvAxis::vertical(shape).outputs_of_inputs();
  const auto across = ConvAxis::horizontal(shape).outputs_of_inputs();
  Storage<T> of_copies(multiplier > 1 ? size * multiplier : 0);
  detail::gather_pixels(
      source, shape.batch,
      detail::GatherTarget<T>{multiplier > 1 ? of_copies.data() : dx, down, across, shape.stride.width});
  if (multiplier > 1) detail::sum_repeated(of_copies.data(), multiplier, dx, size);
}
#endif

}  // namespace pupil::kernels
