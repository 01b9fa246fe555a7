#pragma once
// The structure of PNG files.
//
// A PNG file is 8 bytes of signature and chunks: length (4 bytes, big-endian), type (4), contents, CRC-32 of the type
// and the contents (4). Chunks whose type begins in lower case need not be known to read the picture.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/png_checksum.hpp>

namespace pupil::captioning {

/// One chunk: its type, and where its bytes lie.
struct PngChunk {
  std::string_view type;
  std::size_t position;                 ///< in the file, where its length stands
  std::size_t length;                   ///< of its contents, as it says
  std::span<const std::byte> whole;     ///< with its length, type and checksum; less where the file is cut off
  std::span<const std::byte> contents;  ///< fewer than `length` bytes where the file is cut off

  bool necessary() const { return type[0] >= 'A' && type[0] <= 'Z'; }

  /// Whether it ends before the file does.
  bool complete() const { return whole.size() == head + length + tail; }

  /// Whether the checksum is right, or is not there.
  bool sound() const {
    return !complete() || crc32(whole.subspan(4, 4 + length)) == ByteNumbers{whole}.read(head + length, tail);
  }

  static constexpr std::size_t head = 8, tail = 4;  // bytes before and behind the contents
};

/// Calls `visit(chunk)` for each chunk up to IEND. Returns whether there is an IEND, be it cut off; where there is none
/// the last chunk may lack bytes.
template <class Visit>
bool visit_png_chunks(std::span<const std::byte> png, Visit&& visit) {
  constexpr std::size_t signature = 8;
  const ByteNumbers numbers{png};
  std::size_t position = signature;
  while (png.size() >= position + PngChunk::head) {
    const std::size_t length = numbers.read(position, 4);
    const auto rest = png.subspan(position);
    const auto whole = rest.first(std::min(rest.size(), PngChunk::head + length + PngChunk::tail));
    const auto contents = whole.subspan(PngChunk::head, std::min(length, whole.size() - PngChunk::head));
    const PngChunk chunk{pupil::detail::text_of(whole.subspan(4, 4)), position, length, whole, contents};
    visit(chunk);
    if (chunk.type == "IEND") return true;
    if (!chunk.complete()) return false;
    position += whole.size();
  }
  return false;
}

}  // namespace pupil::captioning
