#pragma once
// Images as tensors of bytes, and turning them the right way up.

#include <algorithm>
#include <cstdint>

#include <pupil/core/tensor.hpp>

namespace pupil::captioning {

/// Pixels [height, width, 3]: red, green and blue from 0 to 255, rows from the top.
using Image = Tensor<std::uint8_t, 3>;

/// The image as it is to be looked at, from pixels as a camera stored them. `orientation` is EXIF's:
///
///     1 as stored      2 mirrored left-right      3 turned by 180 degrees      4 mirrored top-bottom
///     5 transposed     6 turned right by 90       7 transposed, then by 180    8 turned left by 90
///
/// Any other value means 1, as EXIF readers take it.
inline Image oriented(Image stored, int orientation) {
  if (orientation < 2 || orientation > 8) return stored;
  const Index stored_height = stored.dim(0), stored_width = stored.dim(1);
  const bool swaps_axes = orientation >= 5;
  const bool flips_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool flips_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;

  const Index height = swaps_axes ? stored_width : stored_height;
  const Index width = swaps_axes ? stored_height : stored_width;
  auto result = Image::uninitialized({height, width, 3});
  std::uint8_t* pixel = result.data();
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x, pixel += 3) {
      const Index row = swaps_axes ? x : y, column = swaps_axes ? y : x;
      std::copy_n(&stored(flips_rows ? stored_height - 1 - row : row,
                          flips_columns ? stored_width - 1 - column : column, Index{0}),
                  3, pixel);
    }
  }
  return result;
}

}  // namespace pupil::captioning
