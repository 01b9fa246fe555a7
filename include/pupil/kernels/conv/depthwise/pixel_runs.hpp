#pragma once
// Lines of pixels, cut into runs that the innermost loop of depthwise convolutions computes at once.

#include <algorithm>
#include <bit>
#include <cstddef>

#include <pupil/core/storage.hpp>
#include <pupil/kernels/conv/axis.hpp>
#include <pupil/kernels/isa/arguments/depthwise.hpp>

namespace pupil::kernels {

/// Pixels of a line, a power of two of them, `step` apart, that meet others under the same taps: pixel i what
/// `meetings` says, moved by i * distance.
struct PixelRun {
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
        for (Index next = x + step; next < line.size() && run.count < most_gathered_pixels; next += step, ++run.count) {
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

}  // namespace pupil::kernels
