#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <pupil/io/png_checksum.hpp>

#include "io/tiny_images.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

const std::string png(tiny::png_colour_key.begin(), tiny::png_colour_key.end());

std::string png_damage_of(const std::string& bytes) {
  return error_of<FileError>([&] { require_sound_png(bytes_of(bytes), "picture.png"); });
}

}  // namespace

TEST_CASE("the CRC of 123456789 is the one that everybody gets") { CHECK(crc32(bytes_of("123456789")) == 0xCBF43926u); }

TEST_CASE("a sound file has sound checksums") {
  CHECK(png_damage_of(png) == "no error");
  CHECK(png_damage_of(png + "what lies behind the end does not count") == "no error");
}

TEST_CASE("a byte that changed in a necessary chunk is noticed, and where") {
  std::string damaged = png;
  const std::size_t pixels = damaged.find("IDAT");
  damaged[pixels + 8] = static_cast<char>(damaged[pixels + 8] ^ 1);
  CHECK(png_damage_of(damaged) ==
        "picture.png: damaged PNG image, a checksum is wrong at byte " + std::to_string(pixels - 4));
}

TEST_CASE("a byte that changed in another chunk does no harm") {
  std::string damaged = png;
  const std::size_t transparency = damaged.find("tRNS");
  damaged[transparency + 4] = static_cast<char>(damaged[transparency + 4] ^ 1);
  CHECK(png_damage_of(damaged) == "no error");
}

TEST_CASE("a file cut off anywhere is truncated") {
  for (std::size_t length = 8; length < png.size(); ++length) {
    CAPTURE(length);
    REQUIRE(png_damage_of(png.substr(0, length)) == "picture.png: truncated PNG image");
  }
}
