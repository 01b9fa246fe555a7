#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/io/resize.hpp>

#include "io/tiny_images.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

// The pattern that tools/make_tiny_images.py gave to Pillow.
Image pattern() {
  Image image({7, 11, 3});
  for (Index y = 0; y < 7; ++y) {
    for (Index x = 0; x < 11; ++x) {
      for (Index c = 0; c < 3; ++c) {
        image(y, x, c) = static_cast<std::uint8_t>((x * x * 31 + y * 57 + c * 101 + x * y * 13) % 256);
      }
    }
  }
  return image;
}

template <std::size_t Size>
bool equals(const Image& image, const std::array<unsigned char, Size>& bytes) {
  return image.size() == static_cast<Index>(Size) && std::equal(bytes.begin(), bytes.end(), image.begin());
}

}  // namespace

TEST_CASE("resizing gives what Pillow gives, bit for bit") {
  CHECK(equals(resize_bilinear(pattern(), {3, 5}), tiny::resized_to_5x3));      // smaller
  CHECK(equals(resize_bilinear(pattern(), {20, 13}), tiny::resized_to_13x20));  // larger
  CHECK(equals(resize_bilinear(pattern(), {15, 4}), tiny::resized_to_4x15));    // narrower and higher
  CHECK(equals(resize_bilinear(pattern(), {2, 11}), tiny::resized_to_11x2));    // lower, as wide
}

TEST_CASE("an image at its own size stays as it is") { CHECK(resize_bilinear(pattern(), {7, 11}) == pattern()); }

TEST_CASE("one colour stays one colour at any size") {
  const Image image = Image::full({5, 9, 3}, 201);
  for (const Size2d size : {Size2d(1), Size2d(1, 40), Size2d(33, 2), Size2d(100)}) {
    const Image resized = resize_bilinear(image, size);
    CHECK(resized.shape() == Shape{size.height, size.width, 3});
    CHECK(std::all_of(resized.begin(), resized.end(), [](int value) { return value == 201; }));
  }
}

TEST_CASE("shrinking to a pixel weighs the image with a triangle") {
  Image image({1, 4, 3});
  for (Index x = 0; x < 4; ++x) image(0, x, 0) = static_cast<std::uint8_t>(x == 1 || x == 2 ? 200 : 40);
  // Distances 1/2 and 3/2 from the middle, support 4: weights 7/8 and 5/8, that is 7/24 and 5/24 of all.
  CHECK(resize_bilinear(image, 1)(0, 0, 0) == std::lround((2 * 200 * 7 + 2 * 40 * 5) / 24.0));
}

TEST_CASE("a single pixel and very long images can be resized") {
  const Image pixel = Image::full({1, 1, 3}, 9);
  CHECK(resize_bilinear(pixel, {3, 2}) == Image::full({3, 2, 3}, 9));
  const Image wide = Image::full({1, 100'000, 3}, 77);
  CHECK(resize_bilinear(wide, 8) == Image::full({8, 8, 3}, 77));
}

TEST_CASE("images without pixels and sizes that are not positive are refused") {
  CHECK_THROWS_AS(resize_bilinear(Image(), 4), ShapeError);
  CHECK_THROWS_AS(resize_bilinear(pattern(), {0, 4}), ShapeError);
  CHECK(error_of<ShapeError>([] {
          resize_bilinear(pattern(), {3, -4});
        }) == "resize_bilinear: cannot resize to (3, -4)");
}
