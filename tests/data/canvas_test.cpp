#include <doctest/doctest.h>

#include <pupil/data/canvas.hpp>

using namespace pupil;
using namespace pupil::captioning;

TEST_CASE("painting around a point touches the pixels within reach, and only those on the canvas") {
  Canvas canvas(8);
  int painted = 0;
  canvas.paint_around({0, 0}, .2, [&](Rgb& pixel, Point) {
    pixel = {1, 1, 1};
    ++painted;
  });
  CHECK(painted == 4);
  const Image image = canvas.image();
  CHECK(image(0, 0, 0) == 255);
  CHECK(image(1, 1, 2) == 255);
  CHECK(image(2, 0, 0) == 0);
}

TEST_CASE("a pixel is asked for at its centre") {
  Canvas canvas(4);
  canvas.paint_around({.5, .5}, .5, [](Rgb& pixel, Point p) { pixel = {p.x, p.y, 0}; });
  const Image image = canvas.image();
  CHECK(image(0, 3, 0) == 223);  // 7 / 8
  CHECK(image(0, 3, 1) == 32);   // 1 / 8
}

TEST_CASE("an edge through a pixel's centre covers half of it") {
  const Canvas canvas(10);
  CHECK(canvas.coverage(0) == doctest::Approx(.5));
  CHECK(canvas.coverage(-.05) == doctest::Approx(1));
  CHECK(canvas.coverage(.05) == doctest::Approx(0));
}

TEST_CASE("blending mixes two colours, and bytes are cut off at both ends") {
  Rgb color{0, 1, 0};
  blend(color, {1, 0, 0}, .25);
  CHECK(color[0] == doctest::Approx(.25));
  CHECK(color[1] == doctest::Approx(.75));
  Canvas canvas(1);
  canvas.paint_around({.5, .5}, .5, [](Rgb& pixel, Point) { pixel = {-1, 2, .5}; });
  CHECK(canvas.image() == Image({1, 1, 3}, {0, 255, 128}));
}
