#pragma once
// Where JPEG and PNG files say which way up the camera was held.
//
// JPEG: segments APP1 that begin with "Exif", of which a long one is continued by the next, or with the name of XMP.
// PNG: the chunk eXIf; texts "Raw profile type exif" or "APP1" of hexadecimal digits, as ImageMagick and exiftool write
// them; XMP in a text. As in Pillow, EXIF comes before XMP, and an orientation that does not exist is none.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/io/exif.hpp>
#include <pupil/io/jpeg_segments.hpp>
#include <pupil/io/png_chunks.hpp>
#include <pupil/io/stb_decode.hpp>

namespace pupil::captioning {

/// The orientation of a JPEG file, 1 to 8 as `oriented` takes it; 1 where there is none or it cannot be read.
inline int jpeg_orientation(std::span<const std::byte> jpeg) {
  constexpr std::string_view exif_name("Exif\0\0", 6), xmp_name("http://ns.adobe.com/xap/1.0/\0", 29);
  std::vector<std::byte> exif;
  std::optional<int> xmp;
  visit_jpeg_segments(jpeg, [&](const JpegSegment& segment) {
    if (segment.marker != jpeg_marker::app1) return segment.marker != jpeg_marker::start_of_scan;
    if (pupil::detail::begins_with(segment.contents, exif_name)) {
      const auto part = segment.contents.subspan(exif_name.size());
      exif.insert(exif.end(), part.begin(), part.end());
    } else if (pupil::detail::begins_with(segment.contents, xmp_name) && !xmp) {
      xmp = xmp_orientation(pupil::detail::text_of(segment.contents.subspan(xmp_name.size())));
    }
    return true;
  });
  const auto named = exif_orientation(exif);
  return named ? *named : xmp.value_or(1);
}

namespace detail {

/// A text of a PNG file, uncompressed.
struct PngText {
  std::string_view name;
  std::vector<std::byte> value;
};

/// Reads a chunk tEXt, zTXt or iTXt whose name is one of the `wanted`; without a value where it is another.
inline PngText read_png_text(const PngChunk& chunk, std::span<const std::string_view> wanted) {
  constexpr std::size_t most = std::size_t{1} << 20;
  std::span<const std::byte> rest = chunk.contents;
  const auto take_to_zero = [&] {
    const std::string_view text = pupil::detail::text_of(rest).substr(0, pupil::detail::text_of(rest).find('\0'));
    rest = rest.subspan(std::min(text.size() + 1, rest.size()));
    return text;
  };
  const auto take_byte = [&] {
    const int value = rest.empty() ? 0 : std::to_integer<int>(rest[0]);
    rest = rest.subspan(rest.empty() ? 0 : 1);
    return value;
  };
  const std::string_view name = take_to_zero();
  if (std::ranges::find(wanted, name) == wanted.end()) return {};
  bool compressed = chunk.type == "zTXt";
  if (chunk.type == "iTXt") compressed = take_byte() != 0;
  if (chunk.type != "tEXt") take_byte();  // the kind of compression, of which there is one
  if (chunk.type == "iTXt") {
    take_to_zero();  // the language
    take_to_zero();  // the name in that language
  }
  if (compressed) return {name, inflate_by_stb(rest, most)};
  return {name, {rest.begin(), rest.end()}};
}

/// The bytes of "\nexif\n   length\n" and hexadecimal digits in lines.
inline std::vector<std::byte> read_raw_profile(std::span<const std::byte> text) {
  std::string_view digits = pupil::detail::text_of(text);
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = digits.find('\n');
    digits.remove_prefix(end == std::string_view::npos ? digits.size() : end + 1);
  }
  std::vector<std::byte> bytes;
  int high = -1;
  for (const char c : digits) {
    const bool number = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!number && !letter) continue;
    const int digit = number ? c - '0' : (c & 7) + 9;
    if (high >= 0) bytes.push_back(static_cast<std::byte>(high << 4 | digit));
    high = high >= 0 ? -1 : digit;
  }
  return bytes;
}

}  // namespace detail

/// The orientation of a PNG file, 1 to 8 as `oriented` takes it; 1 where there is none or it cannot be read.
inline int png_orientation(std::span<const std::byte> png) {
  static constexpr std::string_view raw_exif = "Raw profile type exif", raw_app1 = "Raw profile type APP1",
                                    raw_xmp = "Raw profile type xmp", xmp_name = "XML:com.adobe.xmp";
  static constexpr std::string_view wanted[]{raw_exif, raw_app1, raw_xmp, xmp_name};
  constexpr int most_texts = 8;  // more are no picture's, but somebody's who wants to see us unpack them
  int texts = 0;
  std::optional<int> chunk_exif, text_exif, xmp;
  const auto keep_first = [](std::optional<int>& kept, std::optional<int> found) {
    if (!kept) kept = found;
  };
  visit_png_chunks(png, [&](const PngChunk& chunk) {
    const bool text = chunk.type == "tEXt" || chunk.type == "zTXt" || chunk.type == "iTXt";
    if ((!text && chunk.type != "eXIf") || !chunk.sound()) return;
    if (!text) return keep_first(chunk_exif, exif_orientation(chunk.contents));
    if (texts == most_texts) return;
    const detail::PngText read = detail::read_png_text(chunk, wanted);
    if (read.name.empty()) return;
    ++texts;
    if (read.name == xmp_name) return keep_first(xmp, xmp_orientation(pupil::detail::text_of(read.value)));
    const auto profile = detail::read_raw_profile(read.value);
    keep_first(read.name == raw_xmp ? xmp : text_exif,
               read.name == raw_xmp ? xmp_orientation(pupil::detail::text_of(profile)) : exif_orientation(profile));
    if (read.name == raw_app1) keep_first(xmp, xmp_orientation(pupil::detail::text_of(profile)));
  });
  if (chunk_exif) return *chunk_exif;
  return text_exif ? *text_exif : xmp.value_or(1);
}

}  // namespace pupil::captioning
