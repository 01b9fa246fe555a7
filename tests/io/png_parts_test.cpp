#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <pupil/io/image.hpp>

#include "io/png_bytes.hpp"
#include "io/tiny_files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

const std::string colour_key_png = file_of(tiny::png_colour_key);

// The header's contents with other bytes, and the right checksum.
std::string with_header_bytes(const std::string& png, std::size_t at, const std::string& bytes) {
  std::string contents = png.substr(16, 13);
  contents.replace(at, bytes.size(), bytes);
  return png.substr(0, 8) + png_chunk("IHDR", contents) + png.substr(33);
}

std::string without_chunk(std::string png, const std::string& type) {
  const std::size_t begin = png.find(type) - 4;
  const std::size_t length =
      static_cast<unsigned char>(png[begin + 2]) * 256u + static_cast<unsigned char>(png[begin + 3]);
  return png.erase(begin, length + 12);
}

}  // namespace

TEST_CASE("Apple's PNG has its colours, over white where it is transparent") {
  const int half_of_30 = (30 * 128 + 255 * 127 + 127) / 255, half_of_60 = (60 * 128 + 255 * 127 + 127) / 255;
  const int half_of_180 = (180 * 128 + 255 * 127 + 127) / 255;
  CHECK(has_halves(decode(file_of(tiny::png_apple)), left_colour, {half_of_30, half_of_60, half_of_180}, 1));
}

TEST_CASE("interlaced PNG images are read") {
  CHECK(has_halves(decode(file_of(tiny::png_interlaced)), left_colour, right_colour));
}

TEST_CASE("a PNG image is read without its end, and with a wrong checksum there") {
  for (const std::string& png : tiny_files()) {
    if (!png.starts_with("\x89PNG")) continue;
    const Image image = decode(png);
    const std::string body = png.substr(0, png.size() - 12);
    CHECK(decode(body) == image);
    CHECK(decode(body + png_chunk("tEXt", "Comment\0cut"s).substr(0, 12)) == image);
    CHECK(decode(body + png_number(0) + "IEND") == image);
    CHECK(decode(body + png_number(0) + "IENDxxxx") == image);
    CHECK(decode(png + "more") == image);
  }
}

TEST_CASE("a byte that changed in a necessary chunk is noticed, and where") {
  std::string damaged = colour_key_png;
  const std::size_t pixels = damaged.find("IDAT");
  damaged[pixels + 8] = static_cast<char>(damaged[pixels + 8] ^ 1);
  CHECK(decode_error(damaged) == "photo: damaged PNG image, a checksum is wrong at byte " + std::to_string(pixels - 4));
}

TEST_CASE("a chunk that is not necessary is left out where its checksum is wrong") {
  std::string damaged = colour_key_png;
  const std::size_t transparency = damaged.find("tRNS");
  damaged[transparency + 5] = static_cast<char>(damaged[transparency + 5] ^ 1);
  CHECK(has_halves(decode(damaged), left_colour, right_colour));
}

TEST_CASE("transparency that does not fit the pixels is left out, as libpng does") {
  const std::string png = file_of(tiny::png_rgb), alpha = file_of(tiny::png_rgba);
  CHECK(decode(with_chunk_before(png, "IDAT", png_chunk("tRNS", "\0\1"s))) == decode(png));
  CHECK(decode(with_chunk_before(alpha, "IDAT", png_chunk("tRNS", "\0\1\0\1\0\1"s))) == decode(alpha));
  const std::string key = png_chunk("tRNS", "\0\x1E\0\x3C\0\xB4"s);
  CHECK(has_halves(decode(with_chunk_before(png, "IDAT", key)), left_colour, white));
  CHECK(decode(with_chunk_before(png, "IEND", key)) == decode(png));
}

TEST_CASE("a colour that a palette lacks is black") {
  const std::string png = without_chunk(file_of(tiny::png_palette_transparent), "tRNS");
  const std::string bare = without_chunk(png, "PLTE");
  const std::string one = with_chunk_before(bare, "IDAT", png_chunk("PLTE", "\xC8\x28\x1E"));
  CHECK(has_halves(decode(one), left_colour, {0, 0, 0}));
  CHECK(decode_error(bare) == "photo: damaged PNG image (palette of 0 bytes)");
}

TEST_CASE("what a PNG image says of itself is checked before anything is read") {
  const std::string png = file_of(tiny::png_rgb);
  CHECK(decode_error(with_header_bytes(png, 0, png_number(100'000) + png_number(100'000))) ==
        "photo: image of 100000 x 100000 pixels, more than 268435456 are not read");
  CHECK(contains(decode_error(with_header_bytes(png, 0, png_number(16'000) + png_number(16'000))), "cannot lie in"));
  CHECK(decode_error(with_header_bytes(png, 0, png_number(0))) == "photo: damaged image, it has 0 x 8 pixels");
  CHECK(decode_error(with_header_bytes(png, 8, "\x04")) == "photo: damaged PNG image (4 bits of colours of kind 2)");
  CHECK(decode_error(with_chunk_before(png, "IDAT", png_chunk("ABCD", ""))) ==
        "photo: PNG with a chunk ABCD is not supported");
  CHECK(decode_error(without_chunk(png, "IDAT")) == "photo: damaged PNG image (no pixels)");
}
