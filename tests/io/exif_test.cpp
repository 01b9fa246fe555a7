#include <cstddef>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/io/exif.hpp>

#include "io/exif_bytes.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

std::optional<int> orientation_in(const std::string& exif) { return exif_orientation(bytes_of(exif)); }

}  // namespace

TEST_CASE("the orientation is read in both byte orders") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true})
      CHECK(orientation_in(exif_data({orientation, big_endian})) == orientation);
  }
}

TEST_CASE("the orientation is read from whole numbers of any size, from one value or the first of several") {
  for (const int type :
       {tiff_type::byte, tiff_type::unsigned_short, tiff_type::unsigned_long, tiff_type::signed_short}) {
    for (const int count : {1, 2, 4, 5}) {
      for (const bool big_endian : {false, true}) {
        CAPTURE(type);
        CAPTURE(count);
        CHECK(orientation_in(exif_data({6, big_endian, type, count})) == 6);
      }
    }
  }
}

TEST_CASE("an orientation that is no whole number, or has no value, is none") {
  CHECK(orientation_in(exif_data({6, true, tiff_type::text})) == std::nullopt);
  CHECK(orientation_in(exif_data({6, true, tiff_type::fraction})) == std::nullopt);
  CHECK(orientation_in(exif_data({6, true, tiff_type::unsigned_short, 0})) == std::nullopt);
}

TEST_CASE("the directory may stand anywhere, and what it says of the thumbnail does not count") {
  CHECK(orientation_in(exif_data({6, true, tiff_type::unsigned_short, 1, 40'000})) == 6);
  CHECK(orientation_in(exif_data({6, false, tiff_type::unsigned_long, 3, 9, 8})) == 6);
  CHECK(orientation_in(exif_data({1, false, tiff_type::unsigned_short, 1, 8, 8})) == 1);
}

TEST_CASE("EXIF data may have its name before it, even twice") {
  CHECK(orientation_in("Exif\0\0"s + exif_data({6})) == 6);
  CHECK(orientation_in("Exif\0\0Exif\0\0"s + exif_data({6})) == 6);
}

TEST_CASE("a directory that is cut off says what is there") {
  const std::string whole = exif_data({6});
  const std::size_t end = 8 + 2 + 2 * 12;  // of the second entry
  CHECK(orientation_in(whole.substr(0, end)) == 6);
  for (std::size_t length = 0; length < end; ++length) CHECK(orientation_in(whole.substr(0, length)) == std::nullopt);
}

TEST_CASE("damaged EXIF reads nothing outside") {
  Rng rng(11);
  const std::string whole = exif_data({6, false, tiff_type::unsigned_short, 5});
  for (int trial = 0; trial < 2000; ++trial) {
    std::string damaged = whole.substr(0, static_cast<std::size_t>(1 + rng.below(static_cast<Index>(whole.size()))));
    for (int flips = 0; flips < 3; ++flips) {
      char& byte = damaged[static_cast<std::size_t>(rng.below(static_cast<Index>(damaged.size())))];
      byte = static_cast<char>(rng.below(256));
    }
    const std::string copy(damaged);  // of just this size, for sanitizers
    const auto found = orientation_in(copy);
    if (damaged == whole) REQUIRE(found == 6);
  }
}

TEST_CASE("XMP names the orientation as an attribute or as an element") {
  CHECK(xmp_orientation("<rdf:Description tiff:Orientation=\"6\"/>") == 6);
  CHECK(xmp_orientation("<rdf:Description tiff:Orientation = '8'/>") == 8);
  CHECK(xmp_orientation("<tiff:Orientation>3</tiff:Orientation>") == 3);
  CHECK(xmp_orientation("<tiff:Orientation> 3 </tiff:Orientation>") == 3);
  CHECK(xmp_orientation("<x/>") == std::nullopt);
  CHECK(xmp_orientation("<tiff:Orientation/>") == std::nullopt);
  CHECK(xmp_orientation("tiff:Orientation=\"") == std::nullopt);
  CHECK(xmp_orientation("tiff:Orientation") == std::nullopt);
}
