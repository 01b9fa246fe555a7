#pragma once
// EXIF segments made by hand.

#include <string>

namespace pupil::testing {

inline const std::string start_of_image = "\xFF\xD8";

/// An APP1 segment whose EXIF says only this orientation, after another entry.
inline std::string exif_segment(int orientation, bool big_endian) {
  const auto number = [&](int value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * (big_endian ? size - 1 - i : i));
    return bytes;
  };
  const auto entry = [&](int tag, int value) {
    return number(tag, 2) + number(3, 2) + number(1, 4) + number(value, 2) + number(0, 2);
  };
  const std::string directory = number(2, 2) + entry(0x0103, 6) + entry(0x0112, orientation) + number(0, 4);
  const std::string tiff = (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + directory;
  using namespace std::string_literals;
  const std::string contents = "Exif\0\0"s + tiff;
  const auto length = contents.size() + 2;
  return std::string("\xFF\xE1") + static_cast<char>(length >> 8) + static_cast<char>(length) + contents;
}

}  // namespace pupil::testing
