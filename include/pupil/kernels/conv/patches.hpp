#pragma once
// Patches: the matrix whose row p holds the pixels that a convolution reads at output position p, taps in order,
// channels fastest. It is never built: products copy pieces of it straight from the image as they pack their panels.

#include <algorithm>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

/// The taps of a kernel along one axis. At position p, tap i reads the pixel p * stride + first_offset + i *
/// offset_step.
struct TapAxis {
  Index count;
  Index stride;
  Index first_offset;
  Index offset_step;
};

/// Implements CopiesRows. Pixels outside the image are zeros.
template <class T>
struct Patches {
  using Scalar = T;

  const T* image;      ///< [batch, height, width, pixel_stride], from the first channel on that is read
  Index height;        ///< of the image
  Index width;         ///< of the image
  Index channels;      ///< read of each pixel
  Index pixel_stride;  ///< the image's channels
  Index out_height;    ///< positions down
  Index out_width;     ///< positions across
  TapAxis vertical;
  TapAxis horizontal;
  Index rows;     ///< batch * out_height * out_width
  Index columns;  ///< vertical.count * horizontal.count * channels

  void copy_row(Index r, Index first, Index count, T* destination) const {
    const Index position = r / out_width;
    const Index x = (r - position * out_width) * horizontal.stride + horizontal.first_offset;
    const Index n = position / out_height;
    const Index y = (position - n * out_height) * vertical.stride + vertical.first_offset;
    for_each_piece(first, count, horizontal.count * channels, [&](Index tap, Index within, Index piece) {
      const Index line = y + tap * vertical.offset_step;
      if (line < 0 || line >= height) {
        std::fill_n(destination, piece, T{});
      } else {
        copy_from_line(image + (n * height + line) * width * pixel_stride, x, within, piece, destination);
      }
      destination += piece;
    });
  }

 private:
  /// Cuts numbers [first, first + count) where a tap of `tap_length` numbers ends, and calls `use(tap, within, piece)`:
  /// `piece` numbers of this tap from its number `within` on.
  template <class Use>
  static void for_each_piece(Index first, Index count, Index tap_length, const Use& use) {
    Index tap = first / tap_length;
    Index within = first - tap * tap_length;
    for (; count > 0; ++tap, within = 0) {
      const Index piece = std::min(count, tap_length - within);
      use(tap, within, piece);
      count -= piece;
    }
  }

  /// Copies `count` numbers of one line of taps, whose first tap reads pixel x, from number `first` on.
  void copy_from_line(const T* line, Index x, Index first, Index count, T* destination) const {
    if (horizontal.offset_step == 1 && channels == pixel_stride) {
      copy_clipped(line, width * channels, x * channels + first, count, destination);
      return;
    }
    for_each_piece(first, count, channels, [&](Index tap, Index channel, Index piece) {
      const Index column = x + tap * horizontal.offset_step;
      if (column < 0 || column >= width) {
        std::fill_n(destination, piece, T{});
      } else {
        std::copy_n(line + column * pixel_stride + channel, piece, destination);
      }
      destination += piece;
    });
  }

  /// Copies source[first, first + count), with zeros for what lies outside [0, size).
  static void copy_clipped(const T* source, Index size, Index first, Index count, T* destination) {
    const Index before = std::clamp<Index>(-first, 0, count);
    const Index inside = std::clamp<Index>(size - (first + before), 0, count - before);
    destination = std::fill_n(destination, before, T{});
    if (inside > 0) destination = std::copy_n(source + first + before, inside, destination);
    std::fill_n(destination, count - before - inside, T{});
  }
};

}  // namespace pupil::kernels
