#pragma once
// The innermost loop of depthwise convolutions, in portable form: a few pixels, each the sum of the pixels that it
// meets, channel by channel times their taps' weights.

#include <algorithm>
#include <bit>
#include <cstddef>

#include <pupil/kernels/conv/axis.hpp>
#include <pupil/kernels/gemm/epilogue.hpp>
#include <pupil/kernels/norm/channel_groups.hpp>

namespace pupil::kernels {

/// Pixels of a line, a power of two of them, `step` apart, that meet others under the same taps: pixel i what
/// `meetings` says, moved by i * distance.
struct PixelRun {
  /// So many sums, of one register each, hide the latency of an addition.
  static constexpr Index most = 8;

  Index first, step, count;
  Meetings meetings;
  Index distance;
};

/// A line of pixels, cut into runs.
class PixelRuns {
 public:
  /// `step` is how far apart pixels are that meet others under the same taps, but for those at the edges.
  PixelRuns(const Storage<Meetings>& line, Index step) : runs_(line.size()) {
    const Meetings* const all = line.data();
    for (Index phase = 0; phase < std::min(step, line.size()); ++phase) {
      for (Index x = phase; x < line.size();) {
        PixelRun run{x, step, 1, all[x], 0};
        for (Index next = x + step; next < line.size() && run.count < PixelRun::most; next += step, ++run.count) {
          const Index distance = all[next].pixel - all[next - step].pixel;
          if (!are_alike(all[x], all[next]) || (run.count > 1 && distance != run.distance)) break;
          run.distance = distance;
        }
        run.count = static_cast<Index>(std::bit_floor(static_cast<std::size_t>(run.count)));
        x += run.count * step;
        runs_.data()[count_++] = run;
      }
    }
  }

  const PixelRun* begin() const { return runs_.data(); }
  const PixelRun* end() const { return runs_.data() + count_; }

 private:
  static bool are_alike(const Meetings& a, const Meetings& b) {
    return a.count == b.count && a.tap == b.tap && a.tap_step == b.tap_step && a.pixel_step == b.pixel_step;
  }

  Storage<PixelRun> runs_;
  Index count_ = 0;
};

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

/// target = bias + the sum over lines and taps of source * weights, or what the epilogue makes of that.
template <class T>
void gather_run(const GatherRun<T>& run) {
  for (Index pixel = 0; pixel < run.pixels; ++pixel) {
    T* const target = run.target + pixel * run.target_pixel;
    for_each_channel_group(run.channels, [&](Index c, auto group_size) {
      constexpr int count = group_size();
      ChannelGroup<T, count> sum = ChannelGroup<T, count>::Zero();
      if (run.bias != nullptr) sum = group_at<count>(run.bias + c);
      for (Index line = 0; line < run.lines; ++line) {
        const T* source = run.source + pixel * run.source_pixel + line * run.source_line + c;
        const T* weights = run.weights + line * run.weights_line + c;
        for (Index tap = 0; tap < run.taps; ++tap, source += run.source_tap, weights += run.weights_tap) {
          sum += group_at<count>(source) * group_at<count>(weights);
        }
      }
      group_at<count>(target + c) = sum;
    });
    if (run.epilogue != nullptr) run.epilogue->finish_row(target, run.channels, pixel * run.target_pixel);
  }
}

}  // namespace pupil::kernels
