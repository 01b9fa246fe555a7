#pragma once
// The one thing that pictures from phones need of EXIF and XMP: which way up the camera was held.
//
// EXIF is a little TIFF file: a byte order, the place of a directory, and in the directory 12-byte entries (tag, type,
// count, value or, where they are more than 4 bytes, the place of the values). XMP is XML that repeats it as text.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <pupil/io/byte_numbers.hpp>

namespace pupil::captioning {

namespace detail {

/// Bytes of a whole number of a TIFF type; 0 for types that are none.
inline std::size_t tiff_integer_size(std::uint32_t type) {
  constexpr std::uint32_t byte = 1, unsigned_short = 3, unsigned_long = 4, signed_byte = 6, signed_short = 8,
                          signed_long = 9;
  if (type == byte || type == signed_byte) return 1;
  if (type == unsigned_short || type == signed_short) return 2;
  return type == unsigned_long || type == signed_long ? 4 : 0;
}

}  // namespace detail

/// The orientation that EXIF data names in its first directory (the second is about the thumbnail): mostly 1 to 8, as
/// `oriented` takes it. Nothing where there is none, or where the data cannot be read.
inline std::optional<int> exif_orientation(std::span<const std::byte> exif) {
  constexpr std::uint32_t orientation_tag = 0x0112;
  constexpr std::size_t entry_size = 12;
  while (pupil::detail::begins_with(exif, {"Exif\0\0", 6})) exif = exif.subspan(6);
  const ByteNumbers numbers{exif, pupil::detail::begins_with(exif, "MM")};
  const std::uint32_t version = numbers.read(2, 2);
  const bool is_tiff = (pupil::detail::begins_with(exif, "II") || pupil::detail::begins_with(exif, "MM")) &&
                       (version == 0x002A || version == 0x2A00);
  if (!is_tiff) return {};

  std::optional<int> orientation;
  const std::size_t directory = numbers.read(4, 4);
  const std::size_t entries = numbers.read(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * entry_size;
    if (entry + entry_size > exif.size()) break;
    const std::size_t size = detail::tiff_integer_size(numbers.read(entry + 2, 2)), count = numbers.read(entry + 4, 4);
    if (numbers.read(entry, 2) != orientation_tag || size == 0 || count == 0) continue;
    const std::size_t place = size * count <= 4 ? entry + 8 : numbers.read(entry + 8, 4);
    orientation = static_cast<int>(numbers.read(place, size));
  }
  return orientation;
}

/// The orientation that XMP data names (`tiff:Orientation="6"` or `<tiff:Orientation>6`), or nothing.
inline std::optional<int> xmp_orientation(std::string_view xmp) {
  constexpr std::string_view name = "tiff:Orientation", space = " \t\r\n";
  for (std::size_t at = xmp.find(name); at != std::string_view::npos; at = xmp.find(name, at + 1)) {
    std::string_view value = xmp.substr(at + name.size());
    const auto pass = [&](std::string_view any) {
      const std::size_t count = value.find_first_not_of(any);
      const bool passed = count > 0 && count != std::string_view::npos;
      if (passed) value.remove_prefix(count);
      return passed;
    };
    pass(space);
    const bool begins = pass(">") || (pass("=") && (pass(space), pass("\"'")));
    pass(space);
    if (begins && !value.empty() && value[0] >= '0' && value[0] <= '9') return value[0] - '0';
  }
  return {};
}

}  // namespace pupil::captioning
