#pragma once
// The checksums of PNG files, which stb_image leaves out. Without them a damaged picture would pass as a sound one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pupil/core/cpp20.hpp>

namespace pupil::captioning {

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

}  // namespace pupil::captioning
