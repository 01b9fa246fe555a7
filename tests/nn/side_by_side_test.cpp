#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/side_by_side.hpp>

#include "../support/tied_layers.hpp"

using namespace pupil;
using namespace pupil::testing;

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

/// A parameter whose name is chosen at run time.
struct NamedParameter {
  std::string own;
  Parameter<float, 1> weight{Tensor<float, 1>({3})};

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / std::string_view(own), weight);
  }
};

/// Two parameters or one under two names.
struct PerhapsTied {
  bool tied;
  Parameter<float, 1> first{Tensor<float, 1>({3})};
  Parameter<float, 1> second{Tensor<float, 1>({3})};

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "first", first);
    visitor(name / "second", tied ? first : second);
  }
};

/// Copies of it have one parameter in common.
struct ShallowModel {
  std::shared_ptr<Parameter<float, 1>> weight = std::make_shared<Parameter<float, 1>>(Tensor<float, 1>({3}));

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight", *weight);
  }
};

}  // namespace

TEST_CASE("each item is visited with the one in its place") {
  SideBySideModel model(2, 3);
  SideBySideModel other(2, 3);
  std::vector<std::string> names;
  std::vector<const void*> items;
  std::vector<const void*> others;
  SideBySide pair;
  pair.visit(model, other, [&](const Name& name, const ModelItem& item, const ModelItem& twin) {
    names.push_back(name.str());
    items.push_back(item.address());
    others.push_back(twin.address());
  });
  CHECK(names == std::vector<std::string>{"0", "1", "buffer", "generator"});
  CHECK(items == std::vector<const void*>{&model.weights[0], &model.weights[1], &model.buffer, &model.generator});
  CHECK(others == std::vector<const void*>{&other.weights[0], &other.weights[1], &other.buffer, &other.generator});
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

TEST_CASE("items of another name or order are not alike") {
  NamedParameter a{.own = "a"};
  NamedParameter b{.own = "b"};
  SideBySide pair;
  NamedParameter twin = a;
  CHECK_NOTHROW(pair.visit(a, twin, [](const Name&, auto&, auto&) {}));
  CHECK_THROWS_WITH_AS(pair.visit(a, b, [](const Name&, auto&, auto&) {}),
                       "two models of one type are not alike: a has no twin among the 1 parameters and buffers of the "
                       "other, where b stands",
                       ShapeError);
}

TEST_CASE("an item that both have under two names is visited once") {
  TiedLayers model{SideBySideModel(1, 3), SideBySideModel(1, 2)};
  auto other = model;
  std::vector<std::string> names;
  SideBySide().visit(model, other, [&](const Name& name, auto&, auto&) { names.push_back(name.str()); });
  CHECK(names == std::vector<std::string>{"first.0", "first.buffer", "first.generator", "other.0", "other.buffer",
                                          "other.generator"});
}

TEST_CASE("models of which one shares a parameter and the other does not are not alike") {
  PerhapsTied tied{.tied = true};
  PerhapsTied apart{.tied = false};
  SideBySide pair;
  CHECK_THROWS_AS(pair.visit(tied, apart, [](const Name&, auto&, auto&) {}), ShapeError);
  CHECK_THROWS_AS(pair.visit(apart, tied, [](const Name&, auto&, auto&) {}), ShapeError);
}

TEST_CASE("a model and a copy by pointers are told apart from two models") {
  ShallowModel model;
  ShallowModel copy = model;
  CHECK_THROWS_WITH_AS(SideBySide().visit(model, copy, [](const Name&, auto&, auto&) {}),
                       "two models share weight: one is a copy of the other by pointers", ShapeError);
}
