#pragma once
// Scenes: generated pictures of one to three coloured shapes, to learn captioning from in minutes. A scene is a pure
// function of (seed, index).
//
// This file says what is in a scene and where; scene_drawing.hpp paints it, scene_captions.hpp puts it into words.
// Lengths are parts of the picture's side: x from left to right, y from top to bottom, both in [0, 1].

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>
#include <vector>

#include <pupil/core/hash.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>

namespace pupil::captioning {

/// Which figure a shape is.
enum class ShapeKind : std::uint8_t { circle, square, triangle, star };
/// Which colour it has.
enum class ShapeColor : std::uint8_t { red, orange, yellow, green, blue, purple };
/// How large it is.
enum class ShapeSize : std::uint8_t { small, large };
/// What is behind the shapes.
enum class Ground : std::uint8_t { shaded, striped, checked, speckled };

/// How the shapes stand to each other. Shapes are listed in reading order: the top ones first, then from left to right.
enum class Layout : std::uint8_t { single, left_right, above_below, row, column, two_above_one, one_above_two };

/// The words for the enumerators, in their order.
inline constexpr std::array<std::string_view, 4> kind_words{"circle", "square", "triangle", "star"};
/// The words for colours, in their order.
inline constexpr std::array<std::string_view, 6> color_words{"red", "orange", "yellow", "green", "blue", "purple"};
/// The words for sizes, in their order.
inline constexpr std::array<std::string_view, 2> size_words{"small", "large"};
/// The words for grounds, in their order.
inline constexpr std::array<std::string_view, 4> ground_words{"shaded", "striped", "checked", "speckled"};

/// One shape of a scene.
struct SceneShape {
  ShapeKind kind{};
  ShapeColor color{};
  ShapeSize size{};
  double x = 0.5;  ///< of the centre
  double y = 0.5;
  double radius = 0.1;  ///< of the circle around it
  double angle = 0;     ///< in radians, clockwise
};

struct Scene {
  Layout layout{};
  Ground ground{};
  std::vector<SceneShape>
      shapes;      ///< in reading order; no two have both kind and colour in common; they do not overlap
  Rng texture{0};  ///< whatever else the drawing draws by lot comes from here
};

namespace detail {

template <class Enum>
Enum pick(Index count, Rng& rng) {
  return static_cast<Enum>(rng.below(count));
}

/// The word for an enumerator.
template <std::size_t Count, class Enum>
constexpr std::string_view word_for(const std::array<std::string_view, Count>& words, Enum value) {
  return words[static_cast<std::size_t>(value)];
}

/// Where a shape of a layout stands, and how far it may stray.
struct Place {
  double x, y;
  double stray_x, stray_y;
};

inline std::vector<Place> places(Layout layout) {
  switch (layout) {
    case Layout::single:
      return {{.5, .5, .2, .2}};
    case Layout::left_right:
      return {{.27, .5, .05, .14}, {.73, .5, .05, .14}};
    case Layout::above_below:
      return {{.5, .27, .14, .05}, {.5, .73, .14, .05}};
    case Layout::row:
      return {{.18, .5, .02, .12}, {.5, .5, .02, .12}, {.82, .5, .02, .12}};
    case Layout::column:
      return {{.5, .18, .12, .02}, {.5, .5, .12, .02}, {.5, .82, .12, .02}};
    case Layout::two_above_one:
      return {{.26, .28, .05, .05}, {.74, .28, .05, .05}, {.5, .74, .1, .04}};
    case Layout::one_above_two:
      return {{.5, .26, .1, .04}, {.26, .72, .05, .05}, {.74, .72, .05, .05}};
  }
  return {};
}

inline Layout pick_layout(Rng& rng) {
  constexpr std::array twos{Layout::left_right, Layout::above_below};
  constexpr std::array threes{Layout::row, Layout::column, Layout::two_above_one, Layout::one_above_two};
  const Index count = 1 + rng.below(3);
  if (count == 1) return Layout::single;
  return count == 2 ? twos[static_cast<std::size_t>(rng.below(2))] : threes[static_cast<std::size_t>(rng.below(4))];
}

inline double pick_radius(ShapeSize size, std::size_t shapes_in_scene, Rng& rng) {
  if (size == ShapeSize::small) return rng.uniform(.115, .128);
  return shapes_in_scene == 3 ? rng.uniform(.15, .16) : rng.uniform(.175, .2);
}

inline SceneShape pick_shape(const Place& place, std::size_t shapes_in_scene, Rng& rng) {
  constexpr double most_tilt = std::numbers::pi / 10;
  SceneShape shape;
  shape.kind = pick<ShapeKind>(kind_words.size(), rng);
  shape.color = pick<ShapeColor>(color_words.size(), rng);
  shape.size = pick<ShapeSize>(size_words.size(), rng);
  shape.x = place.x + place.stray_x * rng.uniform(-1.0, 1.0);
  shape.y = place.y + place.stray_y * rng.uniform(-1.0, 1.0);
  shape.radius = pick_radius(shape.size, shapes_in_scene, rng);
  shape.angle = rng.uniform(-most_tilt, most_tilt);
  return shape;
}

/// Whether a further shape leaves the ones before it alone, inside the picture, and with a name of its own.
inline bool fits(const SceneShape& shape, const std::vector<SceneShape>& others) {
  constexpr double gap = .015;
  const auto near_edge = [&](double position) {
    return position - shape.radius < gap || position + shape.radius > 1 - gap;
  };
  if (near_edge(shape.x) || near_edge(shape.y)) return false;
  for (const SceneShape& other : others) {
    const double distance = std::hypot(shape.x - other.x, shape.y - other.y);
    if (distance < shape.radius + other.radius + gap) return false;
    if (shape.kind == other.kind && shape.color == other.color) return false;
  }
  return true;
}

}  // namespace detail

/// Scene number `index` of the endless series that belongs to the seed.
inline Scene make_scene(std::uint64_t seed, Index index) {
  Rng rng(seed, hash_number(static_cast<std::uint64_t>(index), hash_bytes("scene")));
  Scene scene;
  scene.layout = detail::pick_layout(rng);
  scene.ground = detail::pick<Ground>(ground_words.size(), rng);
  const auto places = detail::places(scene.layout);
  for (const detail::Place& place : places) {
    SceneShape shape = detail::pick_shape(place, places.size(), rng);
    while (!detail::fits(shape, scene.shapes)) shape = detail::pick_shape(place, places.size(), rng);
    scene.shapes.push_back(shape);
  }
  scene.texture = rng.fork();
  return scene;
}

}  // namespace pupil::captioning
