#pragma once
// Sizes of images, checked before any memory is asked for them.

#include <cstddef>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil::captioning {

/// More pixels than this (16384 x 16384) are not read.
inline constexpr Index max_image_pixels = Index{1} << 28;

namespace detail {

/// Throws FileError, beginning with `name`, for images without pixels, with more than `max_image_pixels`, and with more
/// than `pixels_in_byte` for each of the file's bytes, the most that its format can pack.
inline void require_decodable_size(Index height, Index width, Index pixels_in_byte, std::size_t bytes,
                                   std::string_view name) {
  require<FileError>(height > 0 && width > 0, name, ": damaged image, it has ", width, " x ", height, " pixels");
  require<FileError>(height <= max_image_pixels / width, name, ": image of ", width, " x ", height,
                     " pixels, more than ", max_image_pixels, " are not read");
  require<FileError>(height * width / pixels_in_byte <= static_cast<Index>(bytes), name, ": damaged image, ", width,
                     " x ", height, " pixels cannot lie in ", bytes, " bytes");
}

}  // namespace detail

}  // namespace pupil::captioning
