#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/io/image_view.hpp>

using namespace pupil;
using namespace pupil::captioning;

TEST_CASE("the centre view stands in the middle") {
  CHECK(center_view({10, 7}, {4, 3}) == View{3, 2, false});
  CHECK(center_view(5, 5) == View{});
}

TEST_CASE("a centre view that does not fit is an error") { CHECK_THROWS_AS(center_view(4, 5), ShapeError); }

TEST_CASE("a single image is the normalised centre, mirrored where that is asked for") {
  auto image = Image::uninitialized({1, 4, 3});
  for (Index i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(10 * i);
  constexpr Normalization halved{{0, 0, 0}, {2 / 255.f, 2 / 255.f, 2 / 255.f}};  // out = byte / 2
  const auto seen = single_image(image, {1, 4}, {1, 2}, halved);
  CHECK(seen.shape() == Shape<4>{1, 1, 2, 3});
  for (Index i = 0; i < 6; ++i) CHECK(seen[i] == doctest::Approx(5.0 * static_cast<double>(i + 3)));
  const auto mirrored = single_image(image, {1, 4}, {1, 2}, halved, true);
  for (Index i = 0; i < 6; ++i) CHECK(mirrored[i] == doctest::Approx(5.0 * static_cast<double>(i < 3 ? i + 6 : i)));
}
