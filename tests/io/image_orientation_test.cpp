#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/image_orientation.hpp>
#include <pupil/io/pixels.hpp>

#include "io/exif_bytes.hpp"
#include "io/png_bytes.hpp"
#include "io/tiny_files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

int jpeg_orientation_of(const std::string& segments) { return jpeg_orientation(bytes_of(start_of_image + segments)); }

int png_orientation_with(const std::string& chunk, const std::string& before = "IDAT") {
  return png_orientation(bytes_of(with_chunk_before(file_of(tiny::png_rgb), before, chunk)));
}

const std::string exif_name = "Exif\0\0"s, xmp_6 = "<rdf:Description tiff:Orientation=\"6\"/>";

// As ImageMagick writes profiles.
std::string raw_profile(const std::string& kind, const std::string& bytes) {
  std::string text = "\n" + kind + "\n" + std::to_string(bytes.size()) + "\n";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
    if (i % 36 == 35) text += '\n';
  }
  return text;
}

// A zlib stream that is not compressed. No checksum: it is not read.
std::string stored(const std::string& text) {
  const auto size = static_cast<unsigned>(text.size());
  const auto low_first = [](unsigned value) {
    return std::string{static_cast<char>(value), static_cast<char>(value >> 8)};
  };
  return "\x78\x01\x01"s + low_first(size) + low_first(~size) + text + "\0\0\0\0"s;
}

}  // namespace

TEST_CASE("photographs that a phone turned come the right way up") {
  const std::string jpeg = file_of(tiny::jpeg_rgb), png = file_of(tiny::png_rgb);
  const Image stored_jpeg = decode(jpeg), stored_png = decode(png);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const bool big_endian = orientation % 2 == 0;
    const std::string turned = start_of_image + exif_segment(orientation, big_endian) + jpeg.substr(2);
    CHECK(decode(turned) == oriented(stored_jpeg, orientation));
    const std::string chunk = png_chunk("eXIf", exif_data({orientation, big_endian}));
    CHECK(decode(with_chunk_before(png, "IDAT", chunk)) == oriented(stored_png, orientation));
  }
  CHECK(oriented(stored_jpeg, 6).shape() == Shape{16, 8, 3});
}

TEST_CASE("other segments may lie before the EXIF segment") {
  const std::string jfif = jpeg_segment(0xE0, "xy"), xmp = "\xFF\xFF\xFF\xE1\x00\x08xmp://"s;  // with fill bytes
  CHECK(jpeg_orientation_of(jfif + xmp + exif_segment(6, true)) == 6);
  CHECK(jpeg_orientation_of(xmp_segment("<x/>") + exif_segment(6, true)) == 6);
  CHECK(jpeg_orientation_of("stray bytes" + exif_segment(6, true)) == 6);
}

TEST_CASE("EXIF data of two segments is one") {
  const std::string exif = exif_data({6, true, tiff_type::unsigned_short, 1, 40'000});
  const auto part = [](const std::string& bytes) { return jpeg_segment(0xE1, exif_name + bytes); };
  CHECK(jpeg_orientation_of(part(exif.substr(0, 20'000)) + part(exif.substr(20'000))) == 6);
}

TEST_CASE("what lies behind the pixels of a JPEG is not read") {
  CHECK(jpeg_orientation_of(jpeg_segment(0xDA, "") + exif_segment(6, true)) == 1);
}

TEST_CASE("a JPEG without EXIF's orientation has XMP's") {
  CHECK(jpeg_orientation_of(xmp_segment(xmp_6)) == 6);
  CHECK(jpeg_orientation_of(xmp_segment(xmp_6) + exif_segment(3, true)) == 3);
  CHECK(jpeg_orientation_of(jpeg_segment(0xE1, exif_name + "MM\0*\0\0\0\x08\0\0"s) + xmp_segment(xmp_6)) == 6);
}

TEST_CASE("orientations that do not exist and pictures without one are as stored") {
  CHECK(jpeg_orientation_of("") == 1);
  CHECK(jpeg_orientation({}) == 1);
  const std::string jpeg = file_of(tiny::jpeg_rgb);
  for (const int none : {0, 9, 255}) {
    CHECK(decode(start_of_image + exif_segment(none, false) + xmp_segment(xmp_6) + jpeg.substr(2)) == decode(jpeg));
  }
}

TEST_CASE("EXIF of a PNG image stands before or behind the pixels") {
  CHECK(png_orientation_with(png_chunk("eXIf", exif_data({6, true}))) == 6);
  CHECK(png_orientation_with(png_chunk("eXIf", exif_data({6, false})), "IEND") == 6);
  CHECK(png_orientation_with(png_chunk("eXIf", exif_name + exif_data({6, true}))) == 6);
}

TEST_CASE("a damaged chunk of EXIF is passed over") {
  std::string chunk = png_chunk("eXIf", exif_data({6, true}));
  chunk.back() = static_cast<char>(chunk.back() ^ 1);
  CHECK(png_orientation_with(chunk) == 1);
}

TEST_CASE("EXIF of a PNG image stands in texts, compressed or not") {
  const std::string exif = exif_name + exif_data({6, true});
  for (const std::string name : {"exif", "APP1"}) {
    const std::string key = "Raw profile type " + name + '\0', text = raw_profile(name, exif);
    CHECK(png_orientation_with(png_chunk("tEXt", key + text)) == 6);
    CHECK(png_orientation_with(png_chunk("zTXt", key + '\0' + stored(text))) == 6);
    CHECK(png_orientation_with(png_chunk("iTXt", key + "\0\0\0\0"s + text)) == 6);
    CHECK(png_orientation_with(png_chunk("iTXt", key + "\1\0\0\0"s + stored(text))) == 6);
    CHECK(png_orientation_with(png_chunk("zTXt", key + "\0not compressed"s)) == 1);
    CHECK(png_orientation_with(png_chunk("tEXt", key)) == 1);
  }
}

TEST_CASE("a PNG image without EXIF's orientation has XMP's") {
  const std::string chunk = png_chunk("iTXt", "XML:com.adobe.xmp\0\0\0\0\0"s + xmp_6);
  CHECK(png_orientation_with(chunk) == 6);
  CHECK(png_orientation_with(chunk + png_chunk("eXIf", exif_data({3, true}))) == 3);
  CHECK(png_orientation_with(png_chunk("tEXt", "Raw profile type xmp\0"s + raw_profile("xmp", xmp_6))) == 6);
  CHECK(png_orientation_with(png_chunk("tEXt", "Comment\0"s + xmp_6)) == 1);
}
