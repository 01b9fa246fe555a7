#pragma once
// Depthwise convolution: groups == in_channels, so that every output channel reads one input channel.
//
//   y[n, i, j, k] = b[k] + sum over (u, v) of x[n, i s + u d - p, j s + v d - p, k] W[u, v, k]
//
// A tap multiplies rows of channels, number by number; there is no product of matrices in it. Forward gathers, for each
// output pixel, the input pixels under its taps. The data gradient gathers, for each input pixel, the output pixels
// that read it: the same loop over other pixels. With a multiplier K / C, input channels are first repeated that often,
// and their gradients in the end summed.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/channel_groups.hpp>
#include <pupil/kernels/conv_axis.hpp>
#include <pupil/kernels/conv_shape.hpp>

namespace pupil::kernels {

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

/// Every number of x [N, H, W, C] repeated to make K channels; nothing where there are as many.
template <class T>
Storage<T> repeated_channels(const ConvShape& shape, const T* x) {
  const Index multiplier = shape.out_channels_a_group();
  if (multiplier == 1) return {};
  const Index size = shape.batch * shape.height * shape.width * shape.in_channels;
  Storage<T> result(size * multiplier);
  parallel_ranges(size, pointwise_grain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) std::fill_n(result.data() + i * multiplier, multiplier, x[i]);
  });
  return result;
}

/// sums[i] = the sum of `multiplier` numbers in a row.
template <class T>
void sum_repeated(const T* numbers, Index multiplier, T* sums, Index size) {
  parallel_ranges(size, pointwise_grain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      sums[i] = 0;
      for (Index m = 0; m < multiplier; ++m) sums[i] += numbers[i * multiplier + m];
    }
  });
}

/// The images [N, height, width, channels] that are gathered from, and the taps' weights [KH * KW, channels].
template <class T>
struct GatherSource {
  const T* images;
  Index height, width;
  const Tensor<T, 2>& weights;
  Index kernel_width;
};

/// pixel[c] = bias[c] + the sum of all pixels that `down` and `across` meet, times their taps' weights.
template <class T>
void gather_pixel(const GatherSource<T>& source, const T* image, const Meetings& down, const Meetings& across,
                  const T* bias, T* pixel) {
  const Index channels = source.weights.columns();
  for_each_channel_group(channels, [&](Index c, auto group_size) {
    constexpr int count = group_size();
    ChannelGroup<T, count> sum = ChannelGroup<T, count>::Zero();
    if (bias != nullptr) sum = group_at<count>(bias + c);
    for (Index i = 0; i < down.count; ++i) {
      const T* const line = image + (down.pixel + i * down.pixel_step) * source.width * channels + c;
      const T* const taps = source.weights.row((down.tap + i * down.tap_step) * source.kernel_width) + c;
      for (Index j = 0; j < across.count; ++j) {
        sum += group_at<count>(line + (across.pixel + j * across.pixel_step) * channels) *
               group_at<count>(taps + (across.tap + j * across.tap_step) * channels);
      }
    }
    group_at<count>(pixel + c) = sum;
  });
}

/// Gathers all pixels of target [N, down.size(), across.size(), channels]; bias may be null.
template <class T>
void gather_pixels(const GatherSource<T>& source, Index batch, const Storage<Meetings>& down,
                   const Storage<Meetings>& across, const T* bias, T* target) {
  const Index channels = source.weights.columns();
  const Index line_size = across.size() * channels;
  const Index grain = rows_a_range(line_size * source.weights.rows());
  parallel_ranges(batch * down.size(), grain, [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const T* const image = source.images + line / down.size() * source.height * source.width * channels;
      for (Index x = 0; x < across.size(); ++x) {
        gather_pixel(source, image, down.data()[line % down.size()], across.data()[x], bias,
                     target + line * line_size + x * channels);
      }
    }
  });
}

/// sums[c] += sum over i < count of a[i * a_step + c] * b[i * b_step + c]
template <class T>
void add_products(const T* a, Index a_step, const T* b, Index b_step, Index count, Index channels, T* sums) {
  for_each_channel_group(channels, [&](Index c, auto group_size) {
    constexpr int group = group_size();
    ChannelGroup<T, group> sum = group_at<group>(sums + c);
    for (Index i = 0; i < count; ++i) sum += group_at<group>(a + i * a_step + c) * group_at<group>(b + i * b_step + c);
    group_at<group>(sums + c) = sum;
  });
}

/// sums [KH * KW, K] += what one line of outputs adds to the weight gradient; x has K channels.
template <class T>
void add_line_to_weight_gradient(const ConvShape& shape, const T* x, const T* dy, Index line, const Meetings& down,
                                 T* sums) {
  const Index channels = shape.out_channels;
  const ConvAxis across = ConvAxis::horizontal(shape);
  for (Index i = 0; i < down.count; ++i) {
    const Index row = line / shape.out_height * shape.height + down.pixel + i * down.pixel_step;
    for (Index v = 0; v < shape.kernel.width; ++v) {
      const auto [begin, end] = across.outputs_inside(v);
      if (begin == end) continue;
      const Index input = row * shape.width + begin * across.stride + v * across.dilation - across.padding;
      const Index tap = (down.tap + i * down.tap_step) * shape.kernel.width + v;
      add_products(dy + (line * shape.out_width + begin) * channels, channels, x + input * channels,
                   across.stride * channels, end - begin, channels, sums + tap * channels);
    }
  }
}

}  // namespace detail

/// y [N, OH, OW, K] from x [N, H, W, C] and weight [K, KH, KW, 1]; bias [K] may be null.
template <class T>
void depthwise_conv2d_forward(const ConvShape& shape, const T* x, const T* weight, const T* bias, T* y) {
  const Storage<T> copies = detail::repeated_channels(shape, x);
  const auto weights = detail::weights_by_tap(shape, weight);
  const detail::GatherSource<T> source{copies.size() > 0 ? copies.data() : x, shape.height, shape.width, weights,
                                       shape.kernel.width};
  detail::gather_pixels(source, shape.batch, ConvAxis::vertical(shape).inputs_of_outputs(),
                        ConvAxis::horizontal(shape).inputs_of_outputs(), bias, y);
}

/// Writes dx [N, H, W, C].
template <class T>
void depthwise_conv2d_input_gradient(const ConvShape& shape, const T* dy, const T* weight, T* dx) {
  const Index multiplier = shape.out_channels_a_group();
  const Index size = shape.batch * shape.height * shape.width * shape.in_channels;
  const auto weights = detail::weights_by_tap(shape, weight);
  const detail::GatherSource<T> source{dy, shape.out_height, shape.out_width, weights, shape.kernel.width};
  Storage<T> of_copies(multiplier > 1 ? size * multiplier : 0);
  detail::gather_pixels(source, shape.batch, ConvAxis::vertical(shape).outputs_of_inputs(),
                        ConvAxis::horizontal(shape).outputs_of_inputs(), static_cast<const T*>(nullptr),
                        multiplier > 1 ? of_copies.data() : dx);
  if (multiplier > 1) detail::sum_repeated(of_copies.data(), multiplier, dx, size);
}

/// Adds to weight_gradient [K, KH, KW, 1] the sum over all pixels of dy times what the tap reads. Lines are summed in
/// ranges of about 256 pixels, and the ranges' sums in order.
template <class T>
void depthwise_conv2d_weight_gradient(const ConvShape& shape, const T* x, const T* dy, T* weight_gradient) {
  const Storage<T> copies = detail::repeated_channels(shape, x);
  const T* const inputs = copies.size() > 0 ? copies.data() : x;
  const Storage<Meetings> down = ConvAxis::vertical(shape).inputs_of_outputs();
  const Index taps = shape.kernel.height * shape.kernel.width;
  const Index lines = shape.batch * shape.out_height;
  const Index grain = std::max<Index>(1, 256 / shape.out_width);

  auto sums = Tensor<T, 2>::uninitialized({(lines + grain - 1) / grain, taps * shape.out_channels});
  parallel_ranges(lines, grain, [&](Index begin, Index end) {
    T* const sum = sums.row(begin / grain);
    std::fill_n(sum, sums.columns(), T{});
    for (Index line = begin; line < end; ++line) {
      detail::add_line_to_weight_gradient(shape, inputs, dy, line, down.data()[line % shape.out_height], sum);
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

}  // namespace pupil::kernels
