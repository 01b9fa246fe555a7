#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/parameter_group.hpp>

#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Parameters of one number each, under these names; two that are equal are one parameter.
struct NamedParameters {
  std::vector<std::vector<std::string>> names;
  std::vector<Parameter<float, 1>> parameters =
      std::vector<Parameter<float, 1>>(names.size(), Parameter(Tensor<float, 1>({1})));

  /// The first name of all, then the second of all.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    for (std::size_t place = 0; place < 2; ++place) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (place < names[i].size()) visitor(name / std::string_view(names[i][place]), parameters[i]);
      }
    }
  }
};

std::vector<Index> chosen_groups(NamedParameters model, const std::vector<ParameterGroup>& groups) {
  const auto chosen = groups_of(model, groups);
  return {chosen.begin(), chosen.end()};
}

/// A model under another name.
struct RenamedModel {
  TwoParameters<float>& model;
  const Name& own;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    model.visit(visitor, own);
  }
};

}  // namespace

TEST_CASE("a parameter belongs to the first group whose prefix its name begins with, in whole parts") {
  const Name root;
  const Name encoder = root / "encoder";
  TwoParameters<float> conv1({1, 1}, 1);
  const std::vector<ParameterGroup> groups{{.prefix = "encoder.conv1"}, {.prefix = "encoder"}};
  const auto group_under = [&](const Name& name) {
    RenamedModel model{conv1, name};
    return groups_of(model, groups)[0];
  };
  CHECK(group_under(encoder / "conv1") == 0);
  CHECK(group_under(encoder / "conv10") == 1);
  CHECK(group_under(root / "encoder2") == no_group);
}

TEST_CASE("a parameter with several names belongs to the first group that is for any of them") {
  const NamedParameters model{{{"embed", "out"}, {"fc"}, {"out2", "embed2"}}};
  CHECK(chosen_groups(model, {{.prefix = "out"}}) == std::vector<Index>{0, no_group, no_group});
  CHECK(chosen_groups(model, {{.prefix = "out"}, {.prefix = "embed"}}) == std::vector<Index>{0, no_group, no_group});
  CHECK(chosen_groups(model, {{.prefix = "embed"}, {.prefix = "out"}}) == std::vector<Index>{0, no_group, no_group});
  CHECK(chosen_groups(model, {{.prefix = "fc"}, {.prefix = "embed2"}, {}}) == std::vector<Index>{2, 0, 1});
}

TEST_CASE("a group changes what its numbers say, and without one all is as it was") {
  const std::vector<ParameterGroup> groups{{.frozen = true}, {.learning_rate_factor = 0.25, .weight_decay = 3}};
  const ParameterSettings base{.learning_rate = 8, .weight_decay = 1};
  CHECK(settings_for(0, groups, base).frozen);
  const ParameterSettings slow = settings_for(1, groups, base);
  CHECK_FALSE(slow.frozen);
  CHECK(slow.learning_rate == 2);
  CHECK(slow.weight_decay == 3);
  const ParameterSettings other = settings_for(no_group, groups, base);
  CHECK_FALSE(other.frozen);
  CHECK(other.learning_rate == 8);
  CHECK(other.weight_decay == 1);
}

TEST_CASE("groups with numbers below 0 or for no parameter are refused") {
  CHECK_THROWS_WITH_AS(check_groups({{.prefix = "fc", .learning_rate_factor = -1}}, "test"),
                       "test: the learning rate factor -1 of the group \"fc\" is negative", OptionError);
  CHECK_THROWS_WITH_AS(check_groups({{.prefix = "fc", .weight_decay = -2}}, "test"),
                       "test: the weight decay -2 of the group \"fc\" is negative", OptionError);
  TwoParameters<float> model({2, 3}, 4);
  CHECK_NOTHROW(check_groups(model, {{.prefix = "weight"}, {}}, "test"));
  CHECK_THROWS_WITH_AS(check_groups(model, {{.prefix = "weigh"}}, "test"),
                       "test: the model has no parameter for the group \"weigh\"", OptionError);
}
