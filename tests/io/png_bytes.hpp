#pragma once
// PNG files changed by hand.

#include <cstddef>
#include <cstdint>
#include <string>

#include <pupil/io/png_checksum.hpp>

#include "support/files.hpp"

namespace pupil::testing {

/// Four bytes, the highest first.
inline std::string png_number(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

inline std::string png_chunk(const std::string& type, const std::string& contents) {
  const std::string checked = type + contents;
  return png_number(contents.size()) + checked + png_number(crc32(bytes_of(checked)));
}

/// The file with a chunk more, before its first chunk of this type.
inline std::string with_chunk_before(const std::string& png, const std::string& next, const std::string& chunk) {
  std::string longer = png;
  return longer.insert(png.find(next) - 4, chunk);
}

}  // namespace pupil::testing
