#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/model_ref.hpp>

#include "../support/tied_layers.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// One of each kind, and a number that is no item.
struct ReferredModel {
  Parameter<float, 2> weight{Tensor<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6})};
  Parameter<double, 1> bias{Tensor<double, 1>({2}, {7, 8})};
  Tensor<std::int64_t, 1> counts{Tensor<std::int64_t, 1>({4}, {1, 2, 3, 4})};
  Rng generator{1};
  int number = 3;

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight", weight);
    visitor(name / "counts", counts);
    visitor(name / "number", number);
    visitor(name / "generator", generator);
    visitor(name / "bias", bias);
  }
};

std::vector<std::string> names_of(const ModelRef& model, ItemKind kind) {
  std::vector<std::string> names;
  model.for_each(kind, [&](const Name& name, const ModelItem&) { names.push_back(name.str()); });
  return names;
}

}  // namespace

TEST_CASE("a reference to a model visits the items of a kind in the model's order") {
  ReferredModel model;
  CHECK(names_of(model, ItemKind::parameter) == std::vector<std::string>{"weight", "bias"});
  CHECK(names_of(model, ItemKind::buffer) == std::vector<std::string>{"counts"});
  CHECK(names_of(model, ItemKind::generator) == std::vector<std::string>{"generator"});
}

TEST_CASE("an item says where it lies, what it holds and of what shape it is") {
  ReferredModel model;
  const ModelItem weight(model.weight);
  CHECK(weight.kind() == ItemKind::parameter);
  CHECK(weight.address() == &model.weight);
  CHECK(std::ranges::equal(weight.shape(), std::vector<Index>{2, 3}));
  CHECK(weight.size() == 6);
  CHECK(weight.holds<float>());
  CHECK_FALSE(weight.holds<double>());
  CHECK(weight.values<float>().data() == model.weight.value.data());
  CHECK(weight.gradient<float>().data() == model.weight.gradient.data());
  CHECK(weight.bytes().size() == 24);
  CHECK_FALSE(weight.is_of_same_type(ModelItem(model.bias)));

  const ModelItem counts(model.counts);
  CHECK(counts.kind() == ItemKind::buffer);
  CHECK(counts.holds<std::int64_t>());
  CHECK(counts.bytes().size() == 32);

  const ModelItem generator(model.generator);
  CHECK(&generator.generator() == &model.generator);
  CHECK(generator.shape().empty());
  CHECK(generator.bytes().size() == sizeof(Rng));
}

TEST_CASE("a reference to a const model shows the same items, for reading alone") {
  const ReferredModel model;
  std::vector<const void*> addresses;
  ConstModelRef(model).for_each_name([&](const Name&, const ConstModelItem& item, const auto&) {
    addresses.push_back(item.address());
    CHECK(std::is_const_v<std::remove_reference_t<decltype(item.bytes().front())>>);
  });
  CHECK(addresses == std::vector<const void*>{&model.weight, &model.counts, &model.generator, &model.bias});
  ConstModelRef(model).for_each(ItemKind::parameter, [&](const Name& name, const ConstModelItem& item) {
    if (name == "weight") CHECK(item.values<float>().data() == model.weight.value.data());
  });
  CHECK(count_parameters(model) == 8);
}

TEST_CASE("a reference to a model that may be changed serves where none is changed") {
  ReferredModel model;
  CHECK(count_parameters(ModelRef(model)) == 8);
}

TEST_CASE("zero_gradients leaves the values") {
  ReferredModel model;
  model.weight.gradient.fill(3);
  model.bias.gradient.fill(4);
  zero_gradients(model);
  CHECK(model.weight.gradient == Tensor<float, 2>({2, 3}));
  CHECK(model.bias.gradient == Tensor<double, 1>({2}));
  CHECK(model.bias.value == Tensor<double, 1>({2}, {7, 8}));
}

TEST_CASE("zero_gradients leaves out a gradient that is not there") {
  ReferredModel model;
  model.weight.gradient = {};
  model.bias.gradient.fill(4);
  zero_gradients(model);
  CHECK(model.weight.gradient.empty());
  CHECK(model.bias.gradient == Tensor<double, 1>({2}));
}

TEST_CASE("count_parameters counts what is trained, not buffers") {
  ReferredModel model;
  CHECK(count_parameters(model) == 8);
}

TEST_CASE("what has two names is one item, known by its first name and counted once") {
  TiedLayers model{ReferredModel(), ReferredModel()};
  CHECK(names_of(model, ItemKind::parameter) ==
        std::vector<std::string>{"first.weight", "first.bias", "other.weight", "other.bias"});
  CHECK(count_parameters(model) == 16);

  std::vector<Index> places;
  const auto note = [&](const Name&, const ModelItem&, const auto& place) { places.push_back(place.index); };
  ModelRef(model).for_each_name(ItemKind::buffer, note);
  CHECK(places == std::vector<Index>{0, 1, 0});
}
