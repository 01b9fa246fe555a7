#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/name.hpp>

using namespace pupil;

namespace {

/// Names its layer by a chain that it keeps, and by text that it does not.
struct NamesItsLayerOnce {
  Dense<float> layer;

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    const Name inner = name / "encoder" / std::string("a part that is longer than a short string") / 3;
    layer.visit(visitor, inner);
  }
};

}  // namespace

TEST_CASE("a name is its parts with dots between them") {
  const Name root;
  CHECK(root.str().empty());
  CHECK((root / "layer1").str() == "layer1");
  CHECK((root / "layer1" / 0 / "conv1" / std::string("weight")).str() == "layer1.0.conv1.weight");
  CHECK((root / Index{12}).str() == "12");
  CHECK((root / std::size_t{12} / -3).str() == "12.-3");
}

TEST_CASE("a name equals the text that it spells, and no other") {
  const Name root;
  const Name layer = root / "layer1";
  const Name block = layer / Index{10};
  const Name conv = block / "conv1";
  CHECK(root == "");
  CHECK(conv == "layer1.10.conv1");
  CHECK(conv == root / "layer1" / 10 / "conv1");
  CHECK(conv != block);
  for (const char* other : {"", "conv1", ".conv1", "10.conv1", "layer1.1.conv1", "layer1.10.conv", "layer1.10conv1",
                            "layer1..conv1", "layer1.10.conv1.", ".layer1.10.conv1", "layer1.10"}) {
    CAPTURE(other);
    CHECK_FALSE(conv == other);
  }
  CHECK_FALSE(layer == ".layer1");
  CHECK_FALSE(root == "layer1");
}

TEST_CASE("a name begins with whole parts of itself") {
  const Name root;
  const Name encoder = root / "encoder";
  const Name block = encoder / Index{10};
  const Name weight = block / "weight";
  for (const char* prefix : {"", "encoder", "encoder.10", "encoder.10.weight"}) {
    CAPTURE(prefix);
    CHECK(weight.begins_with(prefix));
  }
  for (const char* prefix :
       {"e", "encode", "encoder.", "encoder.1", "encoder2", "10", "weight", "encoder.10.weights"}) {
    CAPTURE(prefix);
    CHECK_FALSE(weight.begins_with(prefix));
  }
}

TEST_CASE("a name outlives all that it was made of") {
  Rng rng(1);
  NamesItsLayerOnce model{Dense<float>({.in_features = 1, .out_features = 1}, rng)};
  std::vector<Name> kept;
  model.visit([&](const Name& name, auto&) { kept.push_back(name); });
  REQUIRE(kept.size() == 2);
  CHECK(kept[0] == "encoder.a part that is longer than a short string.3.weight");
  CHECK(kept[1] == "encoder.a part that is longer than a short string.3.bias");
}

TEST_CASE("a name may be of any length") {
  Name name;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    name = name / "layer" / i;
    expected += (i == 0 ? "layer." : ".layer.") + std::to_string(i);
    REQUIRE(name == expected);
    REQUIRE(name.str() == expected);
    REQUIRE(name.begins_with("layer.0"));
  }
  const Name copy = name;
  CHECK(std::move(name) / "weight" == copy / "weight");
  for (const int size : {99, 100, 101}) {
    const std::string part(static_cast<std::size_t>(size), 'x');
    CHECK((Name() / part).str() == part);
    CHECK((Name() / part / "y").str() == part + ".y");
  }
}
