#pragma once
// The innermost loop of a depthwise convolution's weight gradient, in portable form: two lines of pixels, multiplied
// channel by channel and summed over the line, for the taps of one line of the kernel.

#include <algorithm>
#include <array>
#include <cstddef>

#include <pupil/kernels/norm/channel_groups.hpp>

namespace pupil::kernels {

/// Some outputs of a line, and what they read under neighbouring taps, as addresses.
template <class T>
struct TapProducts {
  Index channels, outputs, taps;
  const T* dy;  ///< of the first output
  Index dy_step;
  const T* x;  ///< what the first output reads under the first tap
  Index x_step;
  Index x_tap;  ///< the distance to what the next tap reads
  T* sums;      ///< [taps, channels]
};

/// sums[v, c] += the sum over outputs i of dy[i, c] * x[i, v, c]
template <class T>
void add_tap_products(const TapProducts<T>& lines) {
  for (Index tap = 0; tap < lines.taps; ++tap) {
    T* const sums = lines.sums + tap * lines.channels;
    for_each_channel_group(lines.channels, [&](Index c, auto group_size) {
      constexpr int group = group_size();
      const T* dy = lines.dy + c;
      const T* x = lines.x + tap * lines.x_tap + c;
      ChannelGroup<T, group> sum = group_at<group>(sums + c);
      for (Index i = 0; i < lines.outputs; ++i, dy += lines.dy_step, x += lines.x_step) {
        sum += group_at<group>(dy) * group_at<group>(x);
      }
      group_at<group>(sums + c) = sum;
    });
  }
}

namespace detail {

/// The same by functions for one tap, for two and so on, of which each takes all taps that are left, or the most.
template <class T, std::size_t Count>
void add_taps_by(TapProducts<T> lines, const std::array<void (*)(const TapProducts<T>&), Count>& by_taps) {
  for (Index left = lines.taps; left > 0; left -= lines.taps) {
    lines.taps = std::min(left, static_cast<Index>(Count));
    by_taps[static_cast<std::size_t>(lines.taps - 1)](lines);
    lines.x += lines.taps * lines.x_tap;
    lines.sums += lines.taps * lines.channels;
  }
}

}  // namespace detail

}  // namespace pupil::kernels
