#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <pupil/io/image.hpp>

#include "io/tiny_files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

std::string low_first(std::size_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

// What a BMP file of 2 pixels above 2 others is made of: the pixels from the bottom, each row of a multiple of 4 bytes.
struct BmpForm {
  std::size_t bits = 24, compression = 0, header = 40;
  std::string behind_header = "", pixels = "";
  std::size_t gap = 0, height = 2;
};

std::string bmp_file(const BmpForm& form) {
  std::string header = low_first(form.header, 4) + low_first(2, 4) + low_first(form.height, 4) + low_first(1, 2) +
                       low_first(form.bits, 2) + low_first(form.compression, 4) + std::string(20, '\0');
  const std::string before = header + form.behind_header + std::string(form.gap, 'x');
  return "BM" + low_first(0, 8) + low_first(14 + before.size(), 4) + before + form.pixels;
}

// red green
// blue  white
const Image quarters({2, 2, 3}, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255});

const std::string blue_24 = "\xFF\0\0"s, green_24 = "\0\xFF\0"s, red_24 = "\0\0\xFF"s, white_24 = "\xFF\xFF\xFF";
const std::string pixels_24 = blue_24 + white_24 + "\0\0"s + red_24 + green_24 + "\0\0"s;
const std::string masks_565 = low_first(0xF800, 4) + low_first(0x07E0, 4) + low_first(0x001F, 4);
const std::string pixels_565 =
    low_first(0x001F, 2) + low_first(0xFFFF, 2) + low_first(0xF800, 2) + low_first(0x07E0, 2);

std::string bmp_error(const BmpForm& form) { return decode_error(bmp_file(form)); }

}  // namespace

TEST_CASE("BMP images are read from below, and from above where the height is negative") {
  CHECK(decode(bmp_file({.pixels = pixels_24})) == quarters);
  const std::string from_above = pixels_24.substr(8) + pixels_24.substr(0, 8);
  CHECK(decode(bmp_file({.pixels = from_above, .height = 0xFFFFFFFE})) == quarters);
}

TEST_CASE("there may be a gap, and unused colours, before a BMP's pixels") {
  CHECK(decode(bmp_file({.pixels = pixels_24, .gap = 70})) == quarters);
}

TEST_CASE("the padding of a BMP's last row may be missing") {
  CHECK(decode(bmp_file({.pixels = pixels_24.substr(0, 14)})) == quarters);
  CHECK(bmp_error({.pixels = pixels_24.substr(0, 13)}) == "photo: truncated BMP image");
}

TEST_CASE("BMP images of 16 bits have their masks behind the header or in it") {
  CHECK(decode(bmp_file({16, 3, 40, masks_565, pixels_565})) == quarters);
  CHECK(decode(bmp_file({16, 3, 52, masks_565, pixels_565})) == quarters);
  CHECK(decode(bmp_file({16, 3, 56, masks_565 + low_first(0, 4), pixels_565})) == quarters);
  CHECK(decode(bmp_file({16, 3, 108, masks_565 + std::string(56, '\0'), pixels_565})) == quarters);
  CHECK(decode(bmp_file({16, 3, 124, masks_565 + std::string(72, '\0'), pixels_565, 10})) == quarters);
  const std::string pixels_555 =
      low_first(0x001F, 2) + low_first(0x7FFF, 2) + low_first(0x7C00, 2) + low_first(0x03E0, 2);
  CHECK(decode(bmp_file({16, 0, 40, "", pixels_555})) == quarters);
}

TEST_CASE("a BMP image of 32 bits with a mask of alpha is laid over white") {
  const std::string masks =
      low_first(0xFF, 4) + low_first(0xFF00, 4) + low_first(0xFF0000, 4) + low_first(0xFF000000, 4);
  const std::string pixels = "\0\0\xFF\xFF"s + "\0\0\0\0"s + "\xFF\0\0\xFF"s + "\0\xFF\0\xFF"s;
  CHECK(decode(bmp_file({32, 6, 40, masks, pixels})) == quarters);
}

TEST_CASE("a colour that a BMP's palette lacks is black") {
  std::string file = bmp_file({8, 0, 40, "\0\0\xFF\0"s, "\0\1\0\0\1\0\0\0"s});
  file.replace(14 + 32, 4, low_first(1, 4));
  CHECK(decode(file) == Image({2, 2, 3}, {0, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 0}));
}

TEST_CASE("BMP images of OS/2 are read") {
  CHECK(has_halves(decode(file_of(tiny::bmp_os2)), left_colour, right_colour));
  CHECK(decode(bmp_file({24, 0, 64, std::string(24, '\0'), pixels_24})) == quarters);
}

TEST_CASE("BMP images that are not supported are called by their names") {
  CHECK(bmp_error({8, 1, 40}) == "photo: RLE-compressed BMP is not supported");
  CHECK(bmp_error({4, 2, 40}) == "photo: RLE-compressed BMP is not supported");
  CHECK(bmp_error({24, 4, 40}) == "photo: BMP that holds a JPEG image is not supported");
  CHECK(bmp_error({24, 5, 40}) == "photo: BMP that holds a PNG image is not supported");
  CHECK(bmp_error({24, 9, 40}) == "photo: BMP of compression 9 is not supported");
  CHECK(bmp_error({2, 0, 40}) == "photo: BMP of 2 bits a pixel is not supported");
  CHECK(bmp_error({24, 3, 40}) == "photo: BMP of 24 bits a pixel with masks is not supported");
  CHECK(bmp_error({24, 3, 64, std::string(24, '\0')}) == "photo: compressed BMP of OS/2 is not supported");
  CHECK(bmp_error({24, 0, 16}) == "photo: BMP with a header of 16 bytes (OS/2) is not supported");
  CHECK(bmp_error({24, 0, 41, "x"}) == "photo: BMP with a header of 41 bytes (OS/2) is not supported");
}
