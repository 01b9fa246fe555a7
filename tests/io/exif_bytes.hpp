#pragma once
// EXIF made by hand.

#include <cstddef>
#include <string>

namespace pupil::testing {

inline const std::string start_of_image = "\xFF\xD8";

/// TIFF's names for the types of an entry's values.
namespace tiff_type {
inline constexpr int byte = 1, text = 2, unsigned_short = 3, unsigned_long = 4, fraction = 5, signed_short = 8;
}

/// A segment of a JPEG file, with its length.
inline std::string jpeg_segment(int marker, const std::string& contents) {
  const std::size_t length = contents.size() + 2;
  return std::string("\xFF") + static_cast<char>(marker) + static_cast<char>(length >> 8) + static_cast<char>(length) +
         contents;
}

/// What EXIF data is to say, and how.
struct ExifForm {
  int orientation = 1;
  bool big_endian = false;
  int type = tiff_type::unsigned_short;
  int count = 1;
  int directory = 8;     // where it begins
  int of_thumbnail = 0;  // another orientation in a second directory; 0 for no such directory
};

/// EXIF data without a name before it: the orientation stands behind another entry.
inline std::string exif_data(const ExifForm& form) {
  const auto number = [&](int value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) {
      bytes += static_cast<char>(static_cast<unsigned>(value) >> 8 * (form.big_endian ? size - 1 - i : i));
    }
    return bytes;
  };
  const int size = form.type == tiff_type::byte ? 1 : form.type == tiff_type::unsigned_long ? 4 : 2;
  const int end = form.directory + 2 + 2 * 12 + 4;
  std::string values;
  for (int i = 0; i < form.count; ++i) values += number(form.orientation, size);
  const bool inside = values.size() <= 4;
  const auto entry = [&](int tag, int type, int count, std::string value) {
    value.resize(4);
    return number(tag, 2) + number(type, 2) + number(count, 4) + value;
  };
  const auto directory = [&](const std::string& orientation, int next) {
    return number(2, 2) + entry(0x0103, tiff_type::unsigned_short, 1, number(6, 2)) + orientation + number(next, 4);
  };
  std::string data = (form.big_endian ? "MM" : "II") + number(42, 2) + number(form.directory, 4);
  data.resize(static_cast<std::size_t>(form.directory));
  const int thumbnail = end + (inside ? 0 : static_cast<int>(values.size()));
  data += directory(entry(0x0112, form.type, form.count, inside ? values : number(end, 4)),
                    form.of_thumbnail != 0 ? thumbnail : 0);
  if (!inside) data += values;
  if (form.of_thumbnail != 0) {
    data += directory(entry(0x0112, tiff_type::unsigned_short, 1, number(form.of_thumbnail, 2)), 0);
  }
  return data;
}

/// An APP1 segment with such EXIF data.
inline std::string exif_segment(int orientation, bool big_endian) {
  return jpeg_segment(0xE1, std::string("Exif\0\0", 6) + exif_data({orientation, big_endian}));
}

/// An APP1 segment with XMP.
inline std::string xmp_segment(const std::string& xmp) {
  return jpeg_segment(0xE1, std::string("http://ns.adobe.com/xap/1.0/\0", 29) + xmp);
}

}  // namespace pupil::testing
