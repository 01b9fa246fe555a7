#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/known_parameters.hpp>

#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Some of two parameters in some order, under names of their own.
struct ChosenParameters {
  TwoParameters<float> both{{2, 2}, 4};
  std::vector<std::string> names;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    for (const std::string& name : names) {
      if (name.ends_with("weight")) visitor(Name() / std::string_view(name), both.weight);
      if (name.ends_with("bias")) visitor(Name() / std::string_view(name), both.bias);
    }
  }
};

/// Two models under names that are chosen.
struct NamedPair {
  TwoParameters<float>& first;
  TwoParameters<float>& second;
  const char* first_name;
  const char* second_name;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    first.visit(visitor, Name() / first_name);
    second.visit(visitor, Name() / second_name);
  }
};

std::string known_error(const std::vector<std::string>& learnt, ChosenParameters other) {
  ChosenParameters model{.names = learnt};
  KnownParameters parameters;
  parameters.learn(model, {}, "test");
  try {
    parameters.check(other, "test");
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a model is known again by the names, shapes and order of its parameters") {
  CHECK(known_error({"weight", "bias"}, {.names = {"weight", "bias"}}) == "no error");
  CHECK(known_error({"weight", "bias"}, {.names = {"weight", "other_bias"}}) ==
        "test: parameter other_bias has the shape [4], the state was made for bias [4] in its place");
  CHECK(known_error({"weight", "bias"}, {.names = {"bias", "weight"}}) ==
        "test: parameter bias has the shape [4], the state was made for weight [2, 2] in its place");
  CHECK(known_error({"weight", "bias"}, {.names = {"weight"}}) ==
        "test: the model has 1 parameters, the state was made for 2");
  CHECK(known_error({"weight"}, {.names = {"weight", "bias"}}) ==
        "test: the model has 2 parameters, the state was made for 1");
  ChosenParameters reshaped{.both = {{4, 1}, 4}, .names = {"weight"}};
  CHECK(known_error({"weight"}, reshaped) ==
        "test: parameter weight has the shape [4, 1], the state was made for weight [2, 2] in its place");
}

TEST_CASE("names that are swapped are not the same model, though all shapes agree") {
  TwoParameters<float> a({3, 3}, 3);
  TwoParameters<float> b({3, 3}, 3);
  NamedPair model{a, b, "a", "b"};
  NamedPair swapped{b, a, "b", "a"};
  KnownParameters parameters;
  parameters.learn(model, {}, "test");
  CHECK_NOTHROW(parameters.check(model, "test"));
  CHECK_THROWS_AS(parameters.check(swapped, "test"), ShapeError);
}

TEST_CASE("a model without parameters is known too") {
  CHECK(known_error({}, {.names = {}}) == "no error");
  CHECK(known_error({}, {.names = {"bias"}}) == "test: the model has 1 parameters, the state was made for 0");
}

TEST_CASE("what was learnt stays, and knows its groups") {
  TwoParameters<float> model({2, 3}, 4);
  TwoParameters<float> other({5, 5}, 4);
  KnownParameters parameters;
  CHECK_THROWS_AS(parameters.learn(model, {{.prefix = "fc"}}, "test"), OptionError);
  parameters.learn(model, {{.prefix = "bias", .frozen = true}}, "test");
  parameters.learn(other, {}, "test");
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].size() == 6);
  CHECK(parameters[0].group == no_group);
  CHECK(parameters[0].is_trained);
  CHECK(parameters[1].group == 0);
  CHECK_FALSE(parameters[1].is_trained);
}
