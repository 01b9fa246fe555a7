#pragma once
// Pictures into files: PNG without loss, JPEG small. stb_image_write does the encoding; it is called here and nowhere
// else.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/pixels.hpp>
#include <pupil/io/stb_image_write.hpp>

namespace pupil::captioning {

namespace detail {

inline void append_bytes(void* destination, void* data, int size) {
  const auto* const begin = static_cast<const std::byte*>(data);
  auto& bytes = *static_cast<std::vector<std::byte>*>(destination);
  std::copy(begin, begin + size, std::back_inserter(bytes));
}

inline void require_encodable(const Image& image, std::string_view operation, Index max_extent) {
  require<ShapeError>(image.size() > 0 && image.dim(2) == 3, operation, ": an image is [height, width, 3], not ",
                      image.shape());
  require<ShapeError>(
      image.dim(0) <= max_extent && image.dim(1) <= max_extent && image.size() <= std::numeric_limits<int>::max() / 2,
      operation, ": the image ", image.shape(), " is too large");
}

}  // namespace detail

/// The bytes of a PNG file. Throws ShapeError for an image without pixels, or of a gigabyte and more.
inline std::vector<std::byte> encode_png(const Image& image) {
  detail::require_encodable(image, "encode_png", std::numeric_limits<int>::max());
  std::vector<std::byte> bytes;
  const int height = static_cast<int>(image.dim(0)), width = static_cast<int>(image.dim(1));
  const bool done =
      detail::stb::stbi_write_png_to_func(detail::append_bytes, &bytes, width, height, 3, image.data(), 3 * width) != 0;
  require<Error>(done, "encode_png: no memory for the image ", image.shape());
  return bytes;
}

/// The bytes of a baseline JPEG file, `quality` from 1 to 100. Throws OptionError for another quality, ShapeError for
/// an image without pixels or with more than the format's 65535 in a row or column.
inline std::vector<std::byte> encode_jpeg(const Image& image, int quality = 90) {
  detail::require_encodable(image, "encode_jpeg", 65535);
  require<OptionError>(quality >= 1 && quality <= 100, "encode_jpeg: quality is ", quality, ", not from 1 to 100");
  std::vector<std::byte> bytes;
  const int height = static_cast<int>(image.dim(0)), width = static_cast<int>(image.dim(1));
  const bool done =
      detail::stb::stbi_write_jpg_to_func(detail::append_bytes, &bytes, width, height, 3, image.data(), quality) != 0;
  require<Error>(done, "encode_jpeg: no memory for the image ", image.shape());
  return bytes;
}

/// Writes a PNG file, all of it or nothing. Throws FileError, and what `encode_png` throws.
inline void write_png(const std::filesystem::path& path, const Image& image) {
  write_file_atomically(path, encode_png(image));
}

/// Writes a JPEG file, all of it or nothing. Throws FileError, and what `encode_jpeg` throws.
inline void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = 90) {
  write_file_atomically(path, encode_jpeg(image, quality));
}

}  // namespace pupil::captioning
