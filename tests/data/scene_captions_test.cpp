#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/scene_captions.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

using ShapeNames = std::vector<NamedShape>;

constexpr NamedShape red_circle{ShapeColor::red, ShapeKind::circle};
constexpr NamedShape blue_star{ShapeColor::blue, ShapeKind::star};

Scene two_shapes() {
  Scene scene;
  scene.layout = Layout::left_right;
  scene.ground = Ground::striped;
  scene.shapes = {{ShapeKind::square, ShapeColor::orange, ShapeSize::small},
                  {ShapeKind::star, ShapeColor::blue, ShapeSize::large}};
  return scene;
}

}  // namespace

TEST_CASE("a scene of two shapes is worded in five ways") {
  CHECK(captions_of(two_shapes()) ==
        std::vector<std::string>{"a small orange square to the left of a large blue star",
                                 "there is an orange square on the left and a blue star on the right",
                                 "to the right of a small orange square is a large blue star",
                                 "the picture shows an orange square and a blue star side by side",
                                 "on a striped ground, an orange square is next to a blue star"});
}

TEST_CASE("all captions of all scenes name every shape once, and no two are the same") {
  for (Index i = 0; i < 2000; ++i) {
    const Scene scene = make_scene(3, i);
    const std::vector<std::string> captions = captions_of(scene);
    CHECK(captions.size() == 5);
    CHECK(std::set<std::string>(captions.begin(), captions.end()).size() == 5);
    for (const std::string& caption : captions) {
      CAPTURE(caption);
      CHECK(describes(caption, scene));
      CHECK(caption.find_first_of("{}") == std::string::npos);
    }
  }
}

TEST_CASE("captions name the shapes in reading order") {
  for (Index i = 0; i < 200; ++i) {
    const Scene scene = make_scene(4, i);
    for (const std::string& caption : captions_of(scene)) {
      CAPTURE(caption);
      std::size_t position = 0;
      for (const SceneShape& shape : scene.shapes) {
        const std::string name = std::string(pupil::captioning::detail::word_for(color_words, shape.color)) + " " +
                                 std::string(pupil::captioning::detail::word_for(kind_words, shape.kind));
        position = caption.find(name, position);
        REQUIRE(position != std::string::npos);
      }
    }
  }
}

TEST_CASE("colours, kinds, sizes and grounds are different words, none of them used otherwise") {
  std::set<std::string_view> words;
  for (const auto word : kind_words) words.insert(word);
  for (const auto word : color_words) words.insert(word);
  for (const auto word : size_words) words.insert(word);
  for (const auto word : ground_words) words.insert(word);
  CHECK(words.size() == kind_words.size() + color_words.size() + size_words.size() + ground_words.size());
  for (int layout = 0; layout <= static_cast<int>(Layout::one_above_two); ++layout) {
    for (const std::string_view wording : pupil::captioning::detail::wordings(static_cast<Layout>(layout))) {
      for (const std::string& word : tokenize(wording)) CHECK_FALSE(words.contains(word));
    }
  }
}

TEST_CASE("shapes are found in a caption by colour and kind, sorted, whatever stands around them") {
  CHECK(named_shapes("a blue star above a Red Circle.") == ShapeNames{red_circle, blue_star});
  CHECK(named_shapes("red circle, red circle") == ShapeNames{red_circle, red_circle});
  CHECK(named_shapes("a dog runs").empty());
  CHECK(named_shapes("").empty());
}

TEST_CASE("a colour or a kind that stands alone is a shape that lacks a half") {
  CHECK(named_shapes("a circle") == ShapeNames{{std::nullopt, ShapeKind::circle}});
  CHECK(named_shapes("a red") == ShapeNames{{ShapeColor::red, std::nullopt}});
  CHECK(named_shapes("a red small circle") ==
        ShapeNames{{std::nullopt, ShapeKind::circle}, {ShapeColor::red, std::nullopt}});
  CHECK(named_shapes("a blue red circle") == ShapeNames{red_circle, {ShapeColor::blue, std::nullopt}});
}

TEST_CASE("a caption is right when it names all shapes and no others") {
  const Scene scene = two_shapes();
  CHECK(describes("a blue star and an orange square", scene));
  CHECK_FALSE(describes("a blue star", scene));
  CHECK_FALSE(describes("a blue star, an orange square and a red circle", scene));
  CHECK_FALSE(describes("a blue star, an orange square and an orange square", scene));
  CHECK_FALSE(describes("an orange star and a blue square", scene));
  CHECK_FALSE(describes("", scene));
}
