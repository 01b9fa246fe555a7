#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/side_by_side.hpp>

using namespace pupil;

namespace {

/// A model whose parts depend on how it was made.
struct SideBySideModel {
  std::vector<Parameter<float, 1>> weights;
  Tensor<double, 2> buffer{Shape{2, 2}};
  Rng generator{1};

  SideBySideModel(Index count, Index size) {
    for (Index i = 0; i < count; ++i) weights.emplace_back(Tensor<float, 1>({size}));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    Index number = 0;
    for (auto& weight : weights) visitor(name / number++, weight);
    visitor(name / "buffer", buffer);
    visitor(name / "generator", generator);
  }
};

}  // namespace

TEST_CASE("each item is visited with the one in its place") {
  SideBySideModel model(2, 3);
  SideBySideModel other(2, 3);
  std::vector<std::string> names;
  std::vector<void*> items;
  std::vector<void*> others;
  SideBySide pair;
  pair.visit(model, other, [&](const Name& name, auto& item, auto& twin) {
    names.push_back(name.str());
    items.push_back(&item);
    others.push_back(&twin);
  });
  CHECK(names == std::vector<std::string>{"0", "1", "buffer", "generator"});
  CHECK(items == std::vector<void*>{&model.weights[0], &model.weights[1], &model.buffer, &model.generator});
  CHECK(others == std::vector<void*>{&other.weights[0], &other.weights[1], &other.buffer, &other.generator});
}

TEST_CASE("models that are not alike are found before any visit") {
  SideBySideModel model(2, 3);
  SideBySide pair;
  for (SideBySideModel other : {SideBySideModel(1, 3), SideBySideModel(3, 3), SideBySideModel(2, 4)}) {
    int visits = 0;
    CHECK_THROWS_AS(pair.visit(model, other, [&](const Name&, auto&, auto&) { ++visits; }), ShapeError);
    CHECK(visits == 0);
  }
  SideBySideModel larger(2, 4);
  CHECK_THROWS_WITH_AS(pair.visit(model, larger, [](const Name&, auto&, auto&) {}),
                       "two models of one type are not alike: 0 is [3] in one and [4] in the other", ShapeError);
}
