#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/color_jitter.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

using enum ColorProperty;

/// Two pixels; their greys are 0.2989 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6 = 0.36298 and 0.9.
const std::vector<float> two_pixels{0.2f, 0.4f, 0.6f, 0.9f, 0.9f, 0.9f};

std::vector<float> changed(const ColorChange& change) {
  auto pixels = two_pixels;
  change_colors(change, pixels.data(), 2);
  return pixels;
}

void check_pixels(const std::vector<float>& found, const std::array<double, 6>& expected) {
  for (std::size_t i = 0; i < 6; ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-3));
}

}  // namespace

TEST_CASE("factors of 1 leave a picture as it is") { check_pixels(changed({}), {0.2, 0.4, 0.6, 0.9, 0.9, 0.9}); }

TEST_CASE("brightness is a factor, and white is the brightest") {
  check_pixels(changed({.brightness = 0.5f}), {0.1, 0.2, 0.3, 0.45, 0.45, 0.45});
  check_pixels(changed({.brightness = 1.5f}), {0.3, 0.6, 0.9, 1, 1, 1});
  check_pixels(changed({.brightness = 0}), {0, 0, 0, 0, 0, 0});
}

TEST_CASE("contrast moves values towards the mean grey of the picture, or away from it") {
  const double mean = (0.36298 + 0.9) / 2;
  check_pixels(changed({.contrast = 0}), {mean, mean, mean, mean, mean, mean});
  const auto half = [&](double x) { return (x + mean) / 2; };
  check_pixels(changed({.contrast = 0.5f}), {half(.2), half(.4), half(.6), half(.9), half(.9), half(.9)});
  const auto more = [&](double x) { return std::clamp(1.5 * x - 0.5 * mean, 0.0, 1.0); };
  check_pixels(changed({.contrast = 1.5f}), {more(.2), more(.4), more(.6), more(.9), more(.9), more(.9)});
}

TEST_CASE("saturation moves values towards each pixel's grey, or away from it") {
  check_pixels(changed({.saturation = 0}), {0.36298, 0.36298, 0.36298, 0.9, 0.9, 0.9});
  check_pixels(changed({.saturation = 1.5f}), {1.5 * .2 - .18149, 1.5 * .4 - .18149, 1.5 * .6 - .18149, 0.9, 0.9, 0.9});
}

TEST_CASE("changes follow their order") {
  const auto bright_first = changed({.brightness = 2, .saturation = 0, .order = {brightness, contrast, saturation}});
  const auto grey_first = changed({.brightness = 2, .saturation = 0, .order = {saturation, contrast, brightness}});
  CHECK(bright_first[0] == doctest::Approx(0.2989 * .4 + 0.587 * .8 + 0.114 * 1).epsilon(1e-3));  // blue was cut
  CHECK(grey_first[0] == doctest::Approx(2 * 0.36298).epsilon(1e-3));
}

TEST_CASE("random changes fill their range, in all orders, and never leave it") {
  Rng rng(1);
  std::set<std::array<ColorProperty, 3>> orders;
  float least = 2, most = 0;
  for (int i = 0; i < 500; ++i) {
    const ColorChange change = random_color_change({.brightness = 0.4, .saturation = 2}, rng);
    orders.insert(change.order);
    least = std::min(least, change.brightness);
    most = std::max(most, change.brightness);
    CHECK(change.contrast == 1);
    CHECK(change.saturation >= 0);
    CHECK(change.saturation <= 3);
  }
  CHECK(orders.size() == 6);
  CHECK(least >= 0.6f);
  CHECK(least < 0.65f);
  CHECK(most <= 1.4f);
  CHECK(most > 1.35f);
}

TEST_CASE("a strength below 0 is an error, and jitter is on where any strength is above it") {
  Rng rng(2);
  CHECK_THROWS_AS(random_color_change({.contrast = -0.1}, rng), OptionError);
  CHECK_FALSE(ColorJitterOptions{}.is_on());
  CHECK(ColorJitterOptions{.contrast = 0.1}.is_on());
}
