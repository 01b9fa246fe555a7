#pragma once
// One axis of a convolution: which input pixels and which output pixels meet, and under which taps.

#include <algorithm>

#include <pupil/core/storage.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/window.hpp>

namespace pupil::kernels {

/// What one pixel meets along one axis: under tap `tap + i * tap_step` the pixel `pixel + i * pixel_step`, for
/// i < count.
struct Meetings {
  Index count = 0;
  Index tap = 0, tap_step = 0;
  Index pixel = 0, pixel_step = 0;
};

/// A row or a column of pixels and the kernel that slides along it: output o reads, under tap u, the input
/// o stride + u dilation - padding.
struct ConvAxis {
  Index inputs, outputs, kernel, stride, dilation, padding;

  static ConvAxis vertical(const ConvShape& s) {
    return {s.height, s.out_height, s.kernel.height, s.stride.height, s.dilation.height, s.padding.top};
  }
  static ConvAxis horizontal(const ConvShape& s) {
    return {s.width, s.out_width, s.kernel.width, s.stride.width, s.dilation.width, s.padding.left};
  }

  /// For every output, the inputs that it reads.
  Storage<Meetings> inputs_of_outputs() const {
    return meetings_of_all(outputs, [this](Index output, Index tap) {
      const Index input = output * stride + tap * dilation - padding;
      return input < inputs ? input : -1;
    });
  }

  /// For every input, the outputs that read it.
  Storage<Meetings> outputs_of_inputs() const {
    return meetings_of_all(inputs, [this](Index input, Index tap) {
      const Index distance = input + padding - tap * dilation;
      const bool is_read = distance >= 0 && distance % stride == 0 && distance / stride < outputs;
      return is_read ? distance / stride : -1;
    });
  }

  /// The outputs for which this tap falls inside the input.
  Range outputs_inside(Index tap) const {
    const Index first_input = tap * dilation - padding;
    const Index begin = first_input < 0 ? (-first_input + stride - 1) / stride : 0;
    const Index end = first_input < inputs ? (inputs - first_input - 1) / stride + 1 : 0;
    return begin < std::min(end, outputs) ? Range{begin, std::min(end, outputs)} : Range{};
  }

 private:
  /// For each of `count` pixels, the taps under which `other_pixel(pixel, tap)` is not negative. These are evenly
  /// spaced, because whether taps meet a pixel repeats with their distance modulo the stride.
  template <class OtherPixel>
  Storage<Meetings> meetings_of_all(Index count, const OtherPixel& other_pixel) const {
    Storage<Meetings> all(count);
    for (Index pixel = 0; pixel < count; ++pixel) {
      Meetings meetings;
      for (Index tap = 0; tap < kernel; ++tap) {
        const Index other = other_pixel(pixel, tap);
        if (other < 0) continue;
        if (meetings.count == 0) {
          meetings.tap = tap;
          meetings.pixel = other;
        } else if (meetings.count == 1) {
          meetings.tap_step = tap - meetings.tap;
          meetings.pixel_step = other - meetings.pixel;
        }
        ++meetings.count;
      }
      all.data()[pixel] = meetings;
    }
    return all;
  }
};

}  // namespace pupil::kernels
