#pragma once
// From an image's bytes to what an encoder takes: a window of it, perhaps mirrored, as normalised floats.
//
//   out = (byte / 255 - mean) / standard_deviation, a channel at a time

#include <array>
#include <cstddef>
#include <cstdint>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/normalization.hpp>
#include <pupil/io/resize.hpp>

namespace pupil::captioning {

/// A window into an image; its size is that of the images it is cut for.
struct View {
  Index top = 0;
  Index left = 0;
  bool mirrored = false;

  bool operator==(const View&) const = default;
};

namespace detail {

inline void require_window(Size2d image, Size2d window) {
  require<ShapeError>(window.height <= image.height && window.width <= image.width, "view: a window of ", window,
                      " does not fit into images of ", image);
}

}  // namespace detail

/// The window in the middle. Throws ShapeError where it is larger than the image.
inline View center_view(Size2d image, Size2d window) {
  detail::require_window(image, window);
  return {(image.height - window.height) / 2, (image.width - window.width) / 2, false};
}

namespace detail {

/// A normalised value for every byte of every channel.
using NormalizedBytes = std::array<std::array<float, 256>, 3>;

inline NormalizedBytes normalized_bytes(const Normalization& normalization) {
  NormalizedBytes table{};
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      table[c][byte] =
          (static_cast<float>(byte) / 255.0f - normalization.mean[c]) / normalization.standard_deviation[c];
    }
  }
  return table;
}

/// image: [size.height, size.width, 3] bytes -> out: [window.height, window.width, 3]
inline void copy_view(const std::uint8_t* image, Size2d size, const View& view, const NormalizedBytes& table,
                      Size2d window, float* out) {
  const Index step = view.mirrored ? -3 : 3;
  for (Index y = 0; y < window.height; ++y) {
    const Index first_column = view.left + (view.mirrored ? window.width - 1 : 0);
    const std::uint8_t* pixel = image + ((view.top + y) * size.width + first_column) * 3;
    for (Index x = 0; x < window.width; ++x, pixel += step, out += 3) {
      for (std::size_t c = 0; c < 3; ++c) out[c] = table[c][pixel[c]];
    }
  }
}

}  // namespace detail

/// One decoded image of any size as [1, window.height, window.width, 3], the way the cache and the centre view give it:
/// squashed to `size`, then cut, and mirrored left to right where `mirrored`.
inline Tensor<float, 4> single_image(const Image& image, Size2d size, Size2d window, const Normalization& normalization,
                                     bool mirrored = false) {
  View view = center_view(size, window);
  view.mirrored = mirrored;
  const Image resized = resize_bilinear(image, size);
  auto out = Tensor<float, 4>::uninitialized({1, window.height, window.width, 3});
  detail::copy_view(resized.data(), size, view, detail::normalized_bytes(normalization), window, out.data());
  return out;
}

}  // namespace pupil::captioning
