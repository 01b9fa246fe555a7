#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/io/exif.hpp>

#include "io/exif_bytes.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

int orientation_of(const std::string& jpeg) { return exif_orientation(bytes_of(jpeg)); }

}  // namespace

TEST_CASE("the orientation is read in both byte orders") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      CHECK(orientation_of(start_of_image + exif_segment(orientation, big_endian)) == orientation);
    }
  }
}

TEST_CASE("other segments may lie before the EXIF segment") {
  const std::string jfif = "\xFF\xE0\x00\x04xy"s;
  const std::string xmp = "\xFF\xFF\xFF\xE1\x00\x08xmp://"s;  // with fill bytes
  CHECK(orientation_of(start_of_image + jfif + xmp + exif_segment(6, true)) == 6);
}

TEST_CASE("what lies behind the pixels is not read") {
  const std::string scan = "\xFF\xDA\x00\x02"s;
  CHECK(orientation_of(start_of_image + scan + exif_segment(6, true)) == 1);
}

TEST_CASE("orientations that do not exist and pictures without one count as 1") {
  CHECK(orientation_of(start_of_image) == 1);
  CHECK(orientation_of("") == 1);
  CHECK(orientation_of(start_of_image + exif_segment(0, false)) == 1);
  CHECK(orientation_of(start_of_image + exif_segment(9, false)) == 1);
}

TEST_CASE("damaged EXIF gives some orientation and reads nothing outside") {
  Rng rng(11);
  const std::string whole = start_of_image + exif_segment(6, false);
  for (int trial = 0; trial < 2000; ++trial) {
    std::string damaged = whole.substr(0, static_cast<std::size_t>(1 + rng.below(static_cast<Index>(whole.size()))));
    for (int flips = 0; flips < 3; ++flips) {
      char& byte = damaged[static_cast<std::size_t>(rng.below(static_cast<Index>(damaged.size())))];
      byte = static_cast<char>(rng.below(256));
    }
    const int orientation = orientation_of(std::string(damaged));
    REQUIRE(orientation >= 1);
    REQUIRE(orientation <= 8);
  }
}
