#pragma once
// What the innermost loops of depthwise convolutions are given: a few pixels, each the sum of the pixels that it meets,
// channel by channel times their taps' weights; and two lines of pixels, multiplied channel by channel and summed over
// the line, for the weight gradients of the taps of one line of the kernel.

#include <algorithm>
#include <array>
#include <cstddef>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

/// The most pixels of a run: so many sums, of one register each, hide the latency of an addition.
inline constexpr Index most_gathered_pixels = 8;

/// A run of pixels and what it meets in some lines, as addresses.
template <class T>
struct GatherRun {
  Index channels, pixels;
  Index lines, taps;                            ///< how many lines are met, and how many taps in each
  const T* source;                              ///< what the first pixel meets first
  Index source_line, source_tap, source_pixel;  ///< the distances to what the next of each meets
  const T* weights;                             ///< of the first tap
  Index weights_line, weights_tap;
  T* target;  ///< the first pixel
  Index target_pixel;
  const T* bias;                ///< one number a channel, or null
  const Epilogue<T>* epilogue;  ///< of the first pixel, or null
};

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
