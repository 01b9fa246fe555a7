#pragma once
// The structure of JPEG files: what lies around the compressed pixels.
//
// A file is a row of segments FF marker length contents (the length, 2 bytes big-endian, counts itself). Behind the
// segment of a scan lies its compressed data, in which FF is followed by 00, or by the markers D0 to D7 that have no
// contents.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <pupil/core/cpp20.hpp>

namespace pupil::captioning {

namespace jpeg_marker {
inline constexpr std::uint8_t temporary = 0x01, huffman_tables = 0xC4, arithmetic_tables = 0xCC, first_restart = 0xD0,
                              last_restart = 0xD7, start_of_image = 0xD8, end_of_image = 0xD9, start_of_scan = 0xDA,
                              quantization_tables = 0xDB, restart_interval = 0xDD, app0 = 0xE0, app1 = 0xE1,
                              app14 = 0xEE;

/// D0 to D7, which stand in compressed data.
constexpr bool is_restart(std::uint8_t marker) { return marker >= first_restart && marker <= last_restart; }

/// The markers behind which there is no length: an end is one too, but nothing comes behind it.
constexpr bool stands_alone(std::uint8_t marker) {
  return marker == 0 || marker == temporary || marker == start_of_image || is_restart(marker);
}
}  // namespace jpeg_marker

/// One segment: its marker, and where its bytes lie.
struct JpegSegment {
  std::uint8_t marker;
  std::span<const std::byte> whole;      ///< with FF, the marker and the length
  std::span<const std::byte> contents;   ///< what the length counts, but itself
  std::span<const std::byte> scan_data;  ///< behind a start of scan: everything up to the next marker
};

namespace detail {

/// Where FF stands at or behind `position`; the end where it stands nowhere.
inline std::size_t find_ff(std::span<const std::byte> bytes, std::size_t position) {
  if (position >= bytes.size()) return bytes.size();
  const void* const found = std::memchr(bytes.data() + position, 0xFF, bytes.size() - position);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
}

/// Where the byte stands that ends a row of FF beginning at `position`: any number of FF may precede a marker.
inline std::size_t behind_ff(std::span<const std::byte> bytes, std::size_t position) {
  while (position < bytes.size() && bytes[position] == std::byte{0xFF}) ++position;
  return position;
}

/// Where the compressed data ends that begins at `position`: at the FF of a marker, or at the end.
inline std::size_t end_of_scan_data(std::span<const std::byte> jpeg, std::size_t position) {
  while (true) {
    const std::size_t begin = find_ff(jpeg, position), end = behind_ff(jpeg, begin);
    if (end == jpeg.size()) return begin;
    const auto marker = std::to_integer<std::uint8_t>(jpeg[end]);
    if (marker != 0 && !jpeg_marker::is_restart(marker)) return begin;
    position = end + 1;
  }
}

}  // namespace detail

/// Calls `visit(segment)` for each segment from front to back, until that returns false. Returns whether it came to the
/// end of the image; false where the bytes are over before, or where `visit` stopped it.
template <class Visit>
bool visit_jpeg_segments(std::span<const std::byte> jpeg, Visit&& visit) {
  std::size_t position = 2;  // behind FF D8, the start of the image
  while (true) {
    const std::size_t at = detail::behind_ff(jpeg, detail::find_ff(jpeg, position));
    if (at >= jpeg.size()) return false;
    const auto marker = std::to_integer<std::uint8_t>(jpeg[at]);
    if (marker == jpeg_marker::end_of_image) return true;
    position = at + 1;
    if (jpeg_marker::stands_alone(marker)) continue;

    if (jpeg.size() - position < 2) return false;
    const std::size_t length =
        std::to_integer<std::size_t>(jpeg[position]) << 8 | std::to_integer<std::size_t>(jpeg[position + 1]);
    if (length < 2 || length > jpeg.size() - position) return false;
    JpegSegment segment{marker, jpeg.subspan(at - 1, length + 2), jpeg.subspan(position + 2, length - 2), {}};
    position += length;
    if (marker == jpeg_marker::start_of_scan) {
      const std::size_t end = detail::end_of_scan_data(jpeg, position);
      segment.scan_data = jpeg.subspan(position, end - position);
      position = end;
    }
    if (!visit(segment)) return false;
  }
}

}  // namespace pupil::captioning
