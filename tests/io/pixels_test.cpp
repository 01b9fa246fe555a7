#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pupil/io/pixels.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

// Rows of letters as an image, and back.
Image image_of(const std::string& rows, Index width) {
  const Index height = static_cast<Index>(rows.size()) / width;
  Image image({height, width, 3});
  for (Index i = 0; i < image.size(); ++i)
    image[i] = static_cast<std::uint8_t>(rows[static_cast<std::size_t>(i / 3)] + i % 3);
  return image;
}

}  // namespace

TEST_CASE("every EXIF orientation turns the picture the right way up") {
  const Image stored = image_of("abcdef", 3);  // abc above def
  CHECK(oriented(stored, 1) == stored);
  CHECK(oriented(stored, 2) == image_of("cbafed", 3));
  CHECK(oriented(stored, 3) == image_of("fedcba", 3));
  CHECK(oriented(stored, 4) == image_of("defabc", 3));
  CHECK(oriented(stored, 5) == image_of("adbecf", 2));
  CHECK(oriented(stored, 6) == image_of("daebfc", 2));
  CHECK(oriented(stored, 7) == image_of("fcebda", 2));
  CHECK(oriented(stored, 8) == image_of("cfbead", 2));
}

TEST_CASE("orientations that do not exist leave the picture as it is") {
  const Image stored = image_of("abcdef", 3);
  for (const int orientation : {-1, 0, 9, 65535}) CHECK(oriented(stored, orientation) == stored);
}
