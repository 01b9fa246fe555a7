#include <cmath>
#include <cstdlib>
#include <numbers>

#include <doctest/doctest.h>

#include <pupil/data/scene_drawing.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;

namespace {

SceneShape shape_of(ShapeKind kind) { return {kind, ShapeColor::red, ShapeSize::large, .5, .5, .2, 0}; }

/// The part of the unit square that lies within a shape, by counting points.
double area_of(const SceneShape& shape) {
  const pupil::captioning::detail::Outline outline(shape);
  constexpr int side = 400;
  int inside = 0;
  for (int i = 0; i < side * side; ++i) {
    inside += outline.distance({(i % side + .5) / side, (i / side + .5) / side}) < 0 ? 1 : 0;
  }
  return static_cast<double>(inside) / (side * side);
}

}  // namespace

TEST_CASE("outlines enclose the areas that geometry says") {
  constexpr double pi = std::numbers::pi;
  constexpr double r = .2;
  CHECK(area_of(shape_of(ShapeKind::circle)) == doctest::Approx(pi * std::pow(.88 * r, 2)).epsilon(.005));
  CHECK(area_of(shape_of(ShapeKind::square)) == doctest::Approx(2 * r * r).epsilon(.005));
  CHECK(area_of(shape_of(ShapeKind::triangle)) == doctest::Approx(3 * std::sqrt(3.) / 4 * r * r).epsilon(.005));
  CHECK(area_of(shape_of(ShapeKind::star)) == doctest::Approx(10 * .5 * .45 * std::sin(pi / 5) * r * r).epsilon(.005));
}

TEST_CASE("turning a shape leaves its area and moves its corners") {
  SceneShape square = shape_of(ShapeKind::square);
  const double upright = pupil::captioning::detail::Outline(square).distance({.5 + .2 / std::numbers::sqrt2, .5});
  CHECK(upright == doctest::Approx(0).epsilon(1e-9));
  square.angle = std::numbers::pi / 4;
  CHECK(area_of(square) == doctest::Approx(2 * .2 * .2).epsilon(.005));
  CHECK(pupil::captioning::detail::Outline(square).distance({.7, .5}) == doctest::Approx(0).epsilon(1e-9));
}

TEST_CASE("distances are exact outside and inside a polygon") {
  const pupil::captioning::detail::Outline square(shape_of(ShapeKind::square));
  const double half = .2 / std::numbers::sqrt2;
  CHECK(square.distance({.5, .5}) == doctest::Approx(-half));
  CHECK(square.distance({.5 + half + .1, .5}) == doctest::Approx(.1));
  CHECK(square.distance({.5 + half + .03, .5 + half + .04}) == doctest::Approx(.05));
}

TEST_CASE("the middle of every shape has the colour of its name") {
  for (Index i = 0; i < 60; ++i) {
    const Scene scene = make_scene(6, i);
    const Image picture = draw_scene(scene, 96);
    CAPTURE(i);
    for (const SceneShape& shape : scene.shapes) {
      const auto row = static_cast<Index>(shape.y * 96), column = static_cast<Index>(shape.x * 96);
      const Rgb& paint = pupil::captioning::detail::paints[static_cast<std::size_t>(shape.color)];
      for (Index c = 0; c < 3; ++c) {
        const double expected = 255 * paint[static_cast<std::size_t>(c)];
        CHECK(std::abs(picture(row, column, c) - std::min(expected, 255.)) < 30);
      }
    }
  }
}

TEST_CASE("the same scene gives the same picture, another another") {
  CHECK(draw_scene(make_scene(1, 2), 48) == draw_scene(make_scene(1, 2), 48));
  CHECK_FALSE(draw_scene(make_scene(1, 2), 48) == draw_scene(make_scene(1, 3), 48));
}

TEST_CASE("a picture has the side that was asked for, within bounds") {
  CHECK(draw_scene(make_scene(1, 0), 16).shape() == Shape{16, 16, 3});
  CHECK(pupil::testing::error_of<OptionError>([] { draw_scene(make_scene(1, 0), 15); }) ==
        "scenes: pictures of 15 pixels a side are not drawn, only from 16 to 4096");
  CHECK_THROWS_AS(draw_scene(make_scene(1, 0), 5000), OptionError);
}
