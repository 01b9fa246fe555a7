#pragma once
// What scenes are painted with: points, colours, and a canvas of them that becomes an image.
//
// Lengths are parts of the picture's side, so a drawing does not depend on the number of pixels.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <pupil/core/shape.hpp>
#include <pupil/io/pixels.hpp>

namespace pupil::captioning {

/// A place on a canvas: x from left to right, y from top to bottom, both in [0, 1].
struct Point {
  double x = 0;
  double y = 0;
};

/// Red, green, blue, each in [0, 1].
using Rgb = std::array<double, 3>;

/// over = alpha colour + (1 - alpha) under
inline void blend(Rgb& under, const Rgb& color, double alpha) {
  for (std::size_t c = 0; c < 3; ++c) under[c] += alpha * (color[c] - under[c]);
}

/// A colour, lighter or darker by a factor.
inline Rgb scaled(const Rgb& color, double factor) { return {color[0] * factor, color[1] * factor, color[2] * factor}; }

/// A square picture in the making.
class Canvas {
 public:
  explicit Canvas(Index side) : side_(side), pixels_(static_cast<std::size_t>(side * side)) {}

  /// Calls `paint(pixel, centre)` for the pixels of the square of half-width `reach` around a point, as far as they are
  /// on the canvas.
  template <class Paint>
  void paint_around(Point center, double reach, Paint&& paint) {
    for (Index row = index_of(center.y - reach); row <= index_of(center.y + reach); ++row) {
      for (Index column = index_of(center.x - reach); column <= index_of(center.x + reach); ++column) {
        paint(pixels_[static_cast<std::size_t>(row * side_ + column)], Point{center_of(column), center_of(row)});
      }
    }
  }

  /// How much of a pixel an edge covers that runs at this signed distance (negative inside) from the pixel's centre.
  double coverage(double distance) const { return std::clamp(.5 - distance * static_cast<double>(side_), 0.0, 1.0); }

  Image image() const {
    auto image = Image::uninitialized({side_, side_, 3});
    std::uint8_t* out = image.data();
    for (const Rgb& pixel : pixels_) {
      for (const double value : pixel) {
        *out++ = static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
      }
    }
    return image;
  }

 private:
  Index index_of(double position) const {
    return std::clamp<Index>(static_cast<Index>(std::floor(position * static_cast<double>(side_))), 0, side_ - 1);
  }
  double center_of(Index index) const { return (static_cast<double>(index) + .5) / static_cast<double>(side_); }

  Index side_;
  std::vector<Rgb> pixels_;
};

}  // namespace pupil::captioning
