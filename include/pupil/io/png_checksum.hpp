#pragma once
// The checksums of PNG files, which stb_image leaves out. Without them a damaged picture would pass as a sound one.
//
// A PNG file is 8 bytes of signature and chunks: length (4 bytes, big-endian), type (4), contents, CRC-32 of the type
// and the contents (4). As in libpng, chunks that a decoder need not know (their type begins in lower case) may be
// damaged.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <pupil/core/errors.hpp>

namespace pupil {

/// CRC-32 as in PNG and zip: polynomial 0xEDB88320, low bits first.
inline std::uint32_t crc32(std::span<const std::byte> bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> remainders{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t remainder = i;
      for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder % 2 == 1 ? 0xEDB88320u : 0u);
      remainders[i] = remainder;
    }
    return remainders;
  }();
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const std::byte byte : bytes) crc = crc >> 8 ^ table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFu];
  return ~crc;
}

/// Throws FileError, beginning with `name`, unless all chunks to the end of the image are there and the necessary ones
/// undamaged. The bytes must begin with PNG's signature.
inline void require_sound_png(std::span<const std::byte> bytes, std::string_view name) {
  const auto number = [&](std::size_t position) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[position + i]);
    return value;
  };
  std::size_t position = 8;
  std::string_view type;
  while (type != "IEND") {
    require<FileError>(bytes.size() - position >= 12, name, ": truncated PNG image");
    const std::size_t length = number(position);
    require<FileError>(length <= bytes.size() - position - 12, name, ": truncated PNG image");
    type = {reinterpret_cast<const char*>(bytes.data()) + position + 4, 4};
    const bool necessary = type[0] >= 'A' && type[0] <= 'Z';
    const bool sound = crc32(bytes.subspan(position + 4, 4 + length)) == number(position + 8 + length);
    require<FileError>(sound || !necessary, name, ": damaged PNG image, a checksum is wrong at byte ", position);
    position += 12 + length;
  }
}

}  // namespace pupil
