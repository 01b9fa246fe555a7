#pragma once
// Numbers in the bytes of files, in either byte order.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <pupil/core/cpp20.hpp>

namespace pupil {

namespace detail {

/// Whether the bytes begin with this text.
inline bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// The bytes as text.
inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace detail

/// Reads unsigned numbers of up to 4 bytes; 0 where they would lie behind the end.
struct ByteNumbers {
  std::span<const std::byte> bytes;
  bool big_endian = true;

  /// The unsigned number of `size` bytes at a position.
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

}  // namespace pupil
