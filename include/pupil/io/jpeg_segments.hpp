#pragma once
// The structure of JPEG files: what lies around the compressed pixels.
//
// A file is a row of segments FF marker length contents (the length, 2 bytes big-endian, counts itself). Behind a
// scan's segment lies compressed data, in which FF is followed by 00, or by the markers D0 to D7 that have no contents.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pupil/core/errors.hpp>

namespace pupil {

namespace jpeg_marker {
inline constexpr std::uint8_t huffman_tables = 0xC4, first_restart = 0xD0, last_restart = 0xD7, end_of_image = 0xD9,
                              start_of_scan = 0xDA, app1 = 0xE1;
}

/// Calls `visit(marker, contents)` for each segment from front to back, until that returns false. Returns whether it
/// came to the end of the image; false where the bytes are over before, or where `visit` stopped it.
template <class Visit>
bool visit_jpeg_segments(std::span<const std::byte> jpeg, Visit&& visit) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(jpeg[i]); };
  std::size_t position = 2;  // behind FF D8, the start of the image
  while (true) {
    const auto rest = jpeg.subspan(std::min(position, jpeg.size()));
    position += static_cast<std::size_t>(std::ranges::find(rest, std::byte{0xFF}) - rest.begin());
    while (position < jpeg.size() && at(position) == 0xFF) ++position;  // any number of FF may precede a marker
    if (position >= jpeg.size()) return false;
    const std::uint8_t marker = at(position++);
    if (marker == jpeg_marker::end_of_image) return true;
    if (marker == 0 || (marker >= jpeg_marker::first_restart && marker <= jpeg_marker::last_restart)) continue;

    if (jpeg.size() - position < 2) return false;
    const std::size_t length = std::size_t{at(position)} << 8 | at(position + 1);
    if (length < 2 || length > jpeg.size() - position) return false;
    if (!visit(marker, jpeg.subspan(position + 2, length - 2))) return false;
    position += length;
  }
}

namespace detail {

/// Whether the tables of a segment all have at most 256 codes: 1 byte class, 16 counts, as many symbols as they sum to.
inline bool sound_huffman_tables(std::span<const std::byte> contents) {
  constexpr std::size_t head = 17;
  while (contents.size() >= head) {
    std::size_t codes = 0;
    for (const std::byte count : contents.subspan(1, head - 1)) codes += std::to_integer<std::size_t>(count);
    if (codes > 256 || codes > contents.size() - head) return false;
    contents = contents.subspan(head + codes);
  }
  return contents.empty();
}

}  // namespace detail

/// Throws FileError, beginning with `name`, unless all segments to the end of the image are there, and Huffman tables
/// are of a size that stb_image has room for, which it (2.27) does not check itself. The bytes must begin with FF D8.
inline void require_sound_jpeg(std::span<const std::byte> bytes, std::string_view name) {
  bool sound_tables = true;
  const bool complete = visit_jpeg_segments(bytes, [&](std::uint8_t marker, std::span<const std::byte> contents) {
    if (marker == jpeg_marker::huffman_tables) sound_tables = detail::sound_huffman_tables(contents);
    return sound_tables;
  });
  require<FileError>(sound_tables, name, ": damaged JPEG image (bad Huffman table)");
  require<FileError>(complete, name, ": truncated JPEG image");
}

}  // namespace pupil
