#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/parameter.hpp>

#include "../support/tied_layers.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// One of each kind.
struct NestedModel {
  Parameter<float, 2> weight{Tensor<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6})};
  Parameter<float, 1> bias{Tensor<float, 1>({2}, {7, 8})};
  Tensor<float, 1> mean{Shape{4}};
  Rng generator{1};

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight", weight);
    visitor(name / "inner" / Index{0} / "mean", mean);
    visitor(name / "generator", generator);
    visitor(name / "bias", bias);
  }
};

}  // namespace

TEST_CASE("a parameter begins with a gradient of zeros in its own shape") {
  const Parameter parameter(Tensor<double, 2>::full({2, 3}, 5));
  CHECK(parameter.gradient == Tensor<double, 2>({2, 3}));
  CHECK(parameter.value == Tensor<double, 2>::full({2, 3}, 5));
}

TEST_CASE("parameters, buffers and generators are visited apart, each in the model's order") {
  NestedModel model;
  std::vector<std::string> parameters;
  std::vector<std::string> buffers;
  std::vector<std::string> generators;
  for_each_parameter(model, [&](const Name& name, auto&) { parameters.push_back(name.str()); });
  for_each_buffer(model, [&](const Name& name, auto&) { buffers.push_back(name.str()); });
  for_each_generator(model, [&](const Name& name, Rng&) { generators.push_back(name.str()); });
  CHECK(parameters == std::vector<std::string>{"weight", "bias"});
  CHECK(buffers == std::vector<std::string>{"inner.0.mean"});
  CHECK(generators == std::vector<std::string>{"generator"});
}

TEST_CASE("a model that may not be changed is visited alike, and shows its items as const") {
  const NestedModel model;
  std::vector<std::string> names;
  const auto note = [&]<class Item>(const Name& name, Item&) {
    CHECK(std::is_const_v<Item>);
    names.push_back(name.str());
  };
  visit_const(model, note, Name() / "net");
  CHECK(names == std::vector<std::string>{"net.weight", "net.inner.0.mean", "net.generator", "net.bias"});
  names.clear();
  for_each_parameter(model, note);
  for_each_buffer(model, note);
  for_each_generator(model, note);
  CHECK(names == std::vector<std::string>{"weight", "bias", "inner.0.mean", "generator"});
}

TEST_CASE("what a model visits under two names is visited once, by its first name") {
  TiedLayers model{NestedModel(), NestedModel()};
  std::vector<std::string> names;
  for_each_parameter(model, [&](const Name& name, auto&) { names.push_back(name.str()); });
  for_each_buffer(model, [&](const Name& name, auto&) { names.push_back(name.str()); });
  for_each_generator(model, [&](const Name& name, Rng&) { names.push_back(name.str()); });
  CHECK(names == std::vector<std::string>{"first.weight", "first.bias", "other.weight", "other.bias",
                                          "first.inner.0.mean", "other.inner.0.mean", "first.generator",
                                          "other.generator"});
}
