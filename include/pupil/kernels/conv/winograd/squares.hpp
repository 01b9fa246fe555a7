#pragma once
// What the transforms of conv/winograd/conv2d.hpp read and write: squares of images, and the numbers that are
// multiplied.

#include <pupil/core/shape.hpp>

namespace pupil::kernels::detail {

/// How many there are of each along a side of a square.
struct WinogradSize {
  static constexpr Index results = 4, taps = 3, numbers = 6;
};

/// A square of pixels of an image, of which those at [first_line, last_line) and [first_pixel, last_pixel) are inside.
template <class T>
struct PixelSquare {
  T* corner;  ///< the first pixel, inside or not
  Index line_stride;
  Index pixel_stride;
  Index first_line, last_line;
  Index first_pixel, last_pixel;

  bool has(Index line, Index pixel) const {
    return line >= first_line && line < last_line && pixel >= first_pixel && pixel < last_pixel;
  }
  T* at(Index line, Index pixel) const { return corner + line * line_stride + pixel * pixel_stride; }
};

/// Number p of a channel c lies at data[p * stride + c].
template <class T>
struct WinogradNumbers {
  T* data;
  Index stride;
};

}  // namespace pupil::kernels::detail
