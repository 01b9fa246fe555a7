#include <cmath>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include <pupil/data/scene.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

constexpr Index scene_count = 3000;
constexpr std::uint64_t seed = 9;

}  // namespace

TEST_CASE("shapes keep apart from each other and from the edge") {
  for (Index i = 0; i < scene_count; ++i) {
    const Scene scene = make_scene(seed, i);
    CAPTURE(i);
    for (std::size_t a = 0; a < scene.shapes.size(); ++a) {
      const SceneShape& shape = scene.shapes[a];
      REQUIRE(std::min(shape.x, shape.y) > shape.radius);
      REQUIRE(std::max(shape.x, shape.y) < 1 - shape.radius);
      for (std::size_t b = 0; b < a; ++b) {
        const SceneShape& other = scene.shapes[b];
        REQUIRE(std::hypot(shape.x - other.x, shape.y - other.y) > shape.radius + other.radius);
      }
    }
  }
}

TEST_CASE("no two shapes of a scene have kind and colour in common") {
  for (Index i = 0; i < scene_count; ++i) {
    std::set<std::pair<ShapeKind, ShapeColor>> named;
    const Scene scene = make_scene(seed, i);
    for (const SceneShape& shape : scene.shapes) named.emplace(shape.kind, shape.color);
    CAPTURE(i);
    REQUIRE(named.size() == scene.shapes.size());
  }
}

TEST_CASE("the layout says how the shapes stand") {
  for (Index i = 0; i < scene_count; ++i) {
    const Scene scene = make_scene(seed, i);
    const auto& shapes = scene.shapes;
    const auto left_of = [&](std::size_t a, std::size_t b) {
      return shapes[b].x - shapes[a].x > std::abs(shapes[b].y - shapes[a].y);
    };
    const auto above = [&](std::size_t a, std::size_t b) { return shapes[b].y - shapes[a].y > .2; };
    CAPTURE(i);
    switch (scene.layout) {
      case Layout::single:
        REQUIRE(shapes.size() == 1);
        break;
      case Layout::left_right:
        REQUIRE(shapes.size() == 2);
        REQUIRE(left_of(0, 1));
        break;
      case Layout::above_below:
        REQUIRE(shapes.size() == 2);
        REQUIRE(above(0, 1));
        break;
      case Layout::row:
        REQUIRE(shapes.size() == 3);
        REQUIRE((left_of(0, 1) && left_of(1, 2)));
        break;
      case Layout::column:
        REQUIRE(shapes.size() == 3);
        REQUIRE((above(0, 1) && above(1, 2)));
        break;
      case Layout::two_above_one:
        REQUIRE(shapes.size() == 3);
        REQUIRE((left_of(0, 1) && above(0, 2) && above(1, 2)));
        break;
      case Layout::one_above_two:
        REQUIRE(shapes.size() == 3);
        REQUIRE((left_of(1, 2) && above(0, 1) && above(0, 2)));
        break;
    }
  }
}

TEST_CASE("small shapes are smaller than large ones") {
  double largest_small = 0, smallest_large = 1;
  for (Index i = 0; i < scene_count; ++i) {
    const Scene scene = make_scene(seed, i);
    for (const SceneShape& shape : scene.shapes) {
      if (shape.size == ShapeSize::small) {
        largest_small = std::max(largest_small, shape.radius);
      } else {
        smallest_large = std::min(smallest_large, shape.radius);
      }
    }
  }
  CHECK(largest_small * 1.15 < smallest_large);
}

TEST_CASE("every kind, colour, size, ground and layout turns up, and one to three shapes equally often") {
  std::map<std::size_t, int> counts;
  std::set<ShapeKind> kinds;
  std::set<ShapeColor> colors;
  std::set<ShapeSize> sizes;
  std::set<Ground> grounds;
  std::set<Layout> layouts;
  for (Index i = 0; i < scene_count; ++i) {
    const Scene scene = make_scene(seed, i);
    ++counts[scene.shapes.size()];
    grounds.insert(scene.ground);
    layouts.insert(scene.layout);
    for (const SceneShape& shape : scene.shapes) {
      kinds.insert(shape.kind);
      colors.insert(shape.color);
      sizes.insert(shape.size);
    }
  }
  CHECK(kinds.size() == kind_words.size());
  CHECK(colors.size() == color_words.size());
  CHECK(sizes.size() == size_words.size());
  CHECK(grounds.size() == ground_words.size());
  CHECK(layouts.size() == 7);
  for (const std::size_t shapes : {1U, 2U, 3U}) CHECK(counts[shapes] == doctest::Approx(scene_count / 3.).epsilon(.1));
}

TEST_CASE("a scene is a function of seed and index") {
  const Scene a = make_scene(1, 2), b = make_scene(1, 2);
  CHECK(a.shapes[0].x == b.shapes[0].x);
  CHECK(a.texture.state() == b.texture.state());
  CHECK(make_scene(1, 3).shapes[0].x != a.shapes[0].x);
  CHECK(make_scene(2, 2).shapes[0].x != a.shapes[0].x);
}
