#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/random_erasing.hpp>

using namespace pupil;
using namespace pupil::captioning;

TEST_CASE(
    "a picture is erased with the probability asked for, within the areas and aspects, and never beyond its edge") {
  Rng rng(1);
  constexpr Size2d size{60, 80};
  int erased = 0;
  double least = 1, most = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto area = random_erased_area(size, {.probability = 0.25}, rng);
    if (!area) continue;
    ++erased;
    CHECK(area->top >= 0);
    CHECK(area->left >= 0);
    CHECK(area->top + area->height <= size.height);
    CHECK(area->left + area->width <= size.width);
    const double share = static_cast<double>(area->height * area->width) / (60 * 80);
    least = std::min(least, share);
    most = std::max(most, share);
    const double aspect = static_cast<double>(area->height) / static_cast<double>(area->width);
    CHECK(aspect > 0.25);  // rounding to pixels moves it
    CHECK(aspect < 4);
  }
  CHECK(erased > 400);
  CHECK(erased < 600);
  CHECK(least > 0.015);
  CHECK(least < 0.05);
  CHECK(most < 0.42);
  CHECK(most > 0.35);
}

TEST_CASE("no probability leaves pictures whole, and certainty none") {
  Rng rng(2);
  for (int i = 0; i < 50; ++i) {
    CHECK_FALSE(random_erased_area(32, {}, rng));
    CHECK(random_erased_area(32, {.probability = 1}, rng));
  }
}

TEST_CASE("every value of the area is filled by itself, and nothing else changes") {
  constexpr Size2d size{5, 6};
  std::vector<float> pixels(5 * 6 * 3, -1);
  erase({.top = 1, .left = 2, .height = 3, .width = 4, .fill = Rng(3)}, size, pixels.data());
  std::vector<float> filled;
  for (Index y = 0; y < 5; ++y) {
    for (Index x = 0; x < 6; ++x) {
      for (Index c = 0; c < 3; ++c) {
        const float value = pixels[static_cast<std::size_t>((y * 6 + x) * 3 + c)];
        if (y >= 1 && y < 4 && x >= 2) {
          CHECK(value >= 0);
          CHECK(value < 1);
          filled.push_back(value);
        } else {
          CHECK(value == -1);
        }
      }
    }
  }
  std::ranges::sort(filled);
  CHECK(std::ranges::adjacent_find(filled) == filled.end());
}

TEST_CASE("numbers that are no probability, area or aspect are errors") {
  Rng rng(4);
  const auto draw = [&](const RandomErasingOptions& options) { return random_erased_area(8, options, rng); };
  CHECK_THROWS_AS(draw({.probability = 1.1}), OptionError);
  CHECK_THROWS_AS(draw({.probability = -0.1}), OptionError);
  CHECK_THROWS_AS(draw({.probability = 1, .min_area = 0.5, .max_area = 0.4}), OptionError);
  CHECK_THROWS_AS(draw({.probability = 1, .max_area = 1.1}), OptionError);
  CHECK_THROWS_AS(draw({.probability = 1, .min_aspect = 0}), OptionError);
}
