#pragma once
// The one thing that pictures from phones need of EXIF: which way up the camera was held.
//
// An APP1 segment of a JPEG file that begins with "Exif" holds a little TIFF file: a byte order, the place of a
// directory, and in the directory 12-byte entries (tag, type, count, value).

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <pupil/io/jpeg_segments.hpp>

namespace pupil {

namespace detail {

inline bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// Numbers in the byte order that a TIFF header names; 0 where they would lie behind the end.
struct TiffNumbers {
  std::span<const std::byte> bytes;
  bool big_endian = false;

  std::uint32_t read(std::size_t position, std::size_t size) const {
    if (position > bytes.size() || size > bytes.size() - position) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t place = position + (big_endian ? i : size - 1 - i);
      value = value << 8 | std::to_integer<std::uint32_t>(bytes[place]);
    }
    return value;
  }
};

/// The orientation in a TIFF structure, or 1.
inline int tiff_orientation(std::span<const std::byte> tiff) {
  constexpr std::uint32_t orientation_tag = 0x0112, short_type = 3;
  constexpr std::size_t entry_size = 12;
  const TiffNumbers numbers{tiff, begins_with(tiff, "MM")};
  if (!begins_with(tiff, {"II*\0", 4}) && !begins_with(tiff, {"MM\0*", 4})) return 1;

  const std::size_t directory = numbers.read(4, 4);
  const std::size_t entries = numbers.read(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * entry_size;
    if (numbers.read(entry, 2) != orientation_tag || numbers.read(entry + 2, 2) != short_type) continue;
    const std::uint32_t value = numbers.read(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace detail

/// The EXIF orientation of a JPEG file, 1 to 8 as `oriented` takes it; 1 where there is none or it cannot be read.
inline int exif_orientation(std::span<const std::byte> jpeg) {
  int orientation = 1;
  visit_jpeg_segments(jpeg, [&](std::uint8_t marker, std::span<const std::byte> contents) {
    const bool found = marker == jpeg_marker::app1 && detail::begins_with(contents, {"Exif\0\0", 6});
    if (found) orientation = detail::tiff_orientation(contents.subspan(6));
    return !found && marker != jpeg_marker::start_of_scan;
  });
  return orientation;
}

}  // namespace pupil
