#pragma once
// Paints scenes: shapes as signed distances (negative inside), which give smooth edges, rims and shadows for free.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/data/canvas.hpp>
#include <pupil/data/scene.hpp>
#include <pupil/data/scene_ground.hpp>
#include <pupil/io/pixels.hpp>

namespace pupil::captioning {

namespace detail {

/// The colour behind every colour word.
inline constexpr std::array<Rgb, 6> paints{{{.86, .13, .16},    // red
                                            {.97, .53, .08},    // orange
                                            {.98, .87, .18},    // yellow
                                            {.13, .64, .27},    // green
                                            {.12, .35, .88},    // blue
                                            {.56, .20, .72}}};  // purple

/// The corners of a shape on and within the unit circle, the first at its top. None for a circle.
inline std::vector<Point> corners(ShapeKind kind) {
  const auto around = [](int count, double first_turn, double inner_radius) {
    std::vector<Point> points;
    for (int i = 0; i < count; ++i) {
      const double turn = 2 * std::numbers::pi * (first_turn + static_cast<double>(i) / count);
      const double radius = i % 2 == 0 ? 1 : inner_radius;
      points.push_back({radius * std::sin(turn), -radius * std::cos(turn)});
    }
    return points;
  };
  switch (kind) {
    case ShapeKind::circle:
      return {};
    case ShapeKind::square:
      return around(4, .125, 1);
    case ShapeKind::triangle:
      return around(3, 0, 1);
    case ShapeKind::star:
      return around(10, 0, .45);
  }
  return {};
}

/// The signed distance from p to a polygon: to its nearest edge, negative where a ray from p crosses an odd number.
inline double polygon_distance(const std::vector<Point>& polygon, Point p) {
  double nearest_squared = 1e9;
  bool inside = false;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i];
    const Point b = polygon[(i + 1) % polygon.size()];
    const Point edge{b.x - a.x, b.y - a.y};
    const Point from_a{p.x - a.x, p.y - a.y};
    const double along = (from_a.x * edge.x + from_a.y * edge.y) / (edge.x * edge.x + edge.y * edge.y);
    const double t = std::clamp(along, 0.0, 1.0);
    const Point off{from_a.x - t * edge.x, from_a.y - t * edge.y};
    nearest_squared = std::min(nearest_squared, off.x * off.x + off.y * off.y);
    const bool straddles = (a.y > p.y) != (b.y > p.y);
    if (straddles && p.x < a.x + edge.x * (p.y - a.y) / edge.y) inside = !inside;
  }
  return inside ? -std::sqrt(nearest_squared) : std::sqrt(nearest_squared);
}

/// A shape that is ready to be asked how far a point is from it.
class Outline {
 public:
  explicit Outline(const SceneShape& shape)
      : shape_(shape), corners_(corners(shape.kind)), sine_(std::sin(shape.angle)), cosine_(std::cos(shape.angle)) {}

  /// In parts of the picture's side.
  double distance(Point p) const {
    constexpr double circle_radius = .88;  // so that it does not look larger than the others
    const double x = (p.x - shape_.x) / shape_.radius;
    const double y = (p.y - shape_.y) / shape_.radius;
    const Point turned{cosine_ * x + sine_ * y, cosine_ * y - sine_ * x};
    const double d = corners_.empty() ? std::hypot(x, y) - circle_radius : polygon_distance(corners_, turned);
    return d * shape_.radius;
  }

 private:
  SceneShape shape_;
  std::vector<Point> corners_;
  double sine_;
  double cosine_;
};

/// Paints a shape with a soft shadow, a darker rim, and light from above.
inline void paint_shape(const SceneShape& shape, Rng& rng, Canvas& canvas) {
  constexpr double rim_width = .012;
  constexpr double shadow_offset = .012;
  constexpr double shadow_width = .035;
  const Outline outline(shape);
  Rgb paint = paints[static_cast<std::size_t>(shape.color)];
  for (double& channel : paint) channel += rng.uniform(-.04, .04);

  const double reach = shape.radius + shadow_offset + shadow_width;
  canvas.paint_around({shape.x, shape.y}, reach, [&](Rgb& pixel, Point p) {
    const double from_shadow = outline.distance({p.x - shadow_offset, p.y - shadow_offset});
    blend(pixel, {0, 0, 0}, .3 * std::clamp(.5 - from_shadow / shadow_width, 0.0, 1.0));
    const double from_shape = outline.distance(p);
    const double light = 1.06 - .12 * (p.y - shape.y) / shape.radius;
    blend(pixel, scaled(paint, .6), canvas.coverage(from_shape));
    blend(pixel, scaled(paint, light), canvas.coverage(from_shape + rim_width));
  });
}

inline void require_drawable(Index side) {
  require<OptionError>(side >= 16 && side <= 4096, "scenes: pictures of ", side,
                       " pixels a side are not drawn, only from 16 to 4096");
}

}  // namespace detail

/// The scene as a picture of side x side pixels. Throws OptionError where side is not from 16 to 4096.
inline Image draw_scene(const Scene& scene, Index side = 96) {
  detail::require_drawable(side);
  Rng rng = scene.texture;
  Canvas canvas(side);
  const GroundPaint ground(scene.ground, rng);
  canvas.paint_around({.5, .5}, .5, [&](Rgb& pixel, Point p) { pixel = ground.color(p); });
  for (const SceneShape& shape : scene.shapes) detail::paint_shape(shape, rng, canvas);
  return canvas.image();
}

}  // namespace pupil::captioning
