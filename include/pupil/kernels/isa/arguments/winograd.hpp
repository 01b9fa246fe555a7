#pragma once
// What the transforms of conv/winograd/conv2d.hpp read and write: squares of images, and the numbers that are
// multiplied.

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels::detail {

/// How many there are of each along a side of a square.
struct WinogradSize {
  static constexpr Index results = 4, taps = 3, numbers = 6;
};

/// Where the polynomials of Winograd's F(4, 3) are evaluated: 0, a, -a, b, -b and infinity. With a = 2/3 and b = 3/2,
/// whose product is 1, sums are off by twice what direct sums are off by; with the usual 1 and 2 by four to seven
/// times. Barabasz, Anderson, Soodhalter, Gregg, "Error analysis and improving the accuracy of Winograd convolution for
/// deep neural networks", 2020.
struct WinogradPoints {
  static constexpr double a = 2.0 / 3, b = 3.0 / 2;
  static constexpr double a2 = a * a, b2 = b * b;
  static constexpr double a3 = a * a2, b3 = b * b2;
  /// Over the products of each point's distances to the other finite ones.
  static constexpr double of_a = 1 / (2 * a2 * (a2 - b2)), of_b = 1 / (2 * b2 * (b2 - a2));
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

/// The transforms of a set of instructions, as values, so that what is around them is compiled once for all sets. What
/// each computes is in isa/any/winograd_squares.inc.
struct WinogradTransforms {
  Index channels_at_once = 0;  ///< there is a multiple of so many; 0 where a set has no transforms
  void (*transform_image)(const PixelSquare<const float>& pixels, Index channels, const WinogradNumbers<float>& to);
  void (*transform_gradient)(const PixelSquare<const float>& gradients, Index channels,
                             const WinogradNumbers<float>& to);
  void (*transform_filter)(const float* filter, bool is_turned, Index channels, const WinogradNumbers<float>& to);
  void (*finish)(const WinogradNumbers<const float>& from, Index channels, const float* bias,
                 const Epilogue<float>* epilogue, const PixelSquare<float>& results);
  void (*add_filter_gradient)(const WinogradNumbers<const float>& from, Index channels, float* gradient);
};

}  // namespace pupil::kernels::detail
