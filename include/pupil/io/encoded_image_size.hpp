#pragma once
// How large the picture of a file is, by its header alone: for whoever decides whether to decode it.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/bmp_parts.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/image_kind.hpp>
#include <pupil/io/image_size.hpp>
#include <pupil/io/jpeg_frame.hpp>
#include <pupil/io/jpeg_segments.hpp>
#include <pupil/io/png_chunks.hpp>

namespace pupil::captioning {

namespace detail {

inline Size2d encoded_jpeg_size(std::span<const std::byte> bytes, std::string_view name) {
  JpegFrame frame;
  visit_jpeg_segments(bytes, [&](const JpegSegment& segment) {
    if (is_jpeg_frame(segment.marker)) frame = read_jpeg_frame(segment, bytes.size(), name);
    return !frame.read();
  });
  require<FileError>(frame.read(), name, ": truncated JPEG image");
  return {frame.height, frame.width};
}

inline Size2d encoded_png_size(std::span<const std::byte> bytes, std::string_view name) {
  std::optional<Size2d> size;
  visit_png_chunks(bytes, [&](const PngChunk& chunk) {
    if (size || chunk.type != "IHDR" || chunk.contents.size() < 8) return;
    const ByteNumbers numbers{chunk.contents};
    size = Size2d{static_cast<Index>(numbers.read(4, 4)), static_cast<Index>(numbers.read(0, 4))};
  });
  require<FileError>(size.has_value(), name, ": truncated PNG image");
  return *size;
}

inline Size2d encoded_bmp_size(std::span<const std::byte> bytes, std::string_view name) {
  const BmpHeader header = read_bmp_header(bytes, name);
  return {header.height, header.width};
}

/// Of the screen that a GIF is drawn on, which is what is decoded.
inline Size2d encoded_gif_size(std::span<const std::byte> bytes, std::string_view name) {
  constexpr std::size_t header = 13;
  require<FileError>(bytes.size() >= header, name, ": truncated GIF image");
  const ByteNumbers numbers{bytes, false};
  return {static_cast<Index>(numbers.read(8, 2)), static_cast<Index>(numbers.read(6, 2))};
}

}  // namespace detail

/// The height and the width that the header of a JPEG, PNG, BMP or GIF file says, before its orientation is honoured.
/// Nothing is decoded, so that the pixels may be damaged or missing all the same. `name` stands for the file in errors.
/// Throws FileError where the bytes are of another kind or have no such header.
inline Size2d encoded_image_size(std::span<const std::byte> bytes, std::string_view name) {
  switch (image_kind(bytes, name)) {
    case ImageKind::jpeg:
      return detail::encoded_jpeg_size(bytes, name);
    case ImageKind::png:
      return detail::encoded_png_size(bytes, name);
    case ImageKind::bmp:
      return detail::encoded_bmp_size(bytes, name);
    case ImageKind::gif:
      break;
  }
  return detail::encoded_gif_size(bytes, name);
}

}  // namespace pupil::captioning
