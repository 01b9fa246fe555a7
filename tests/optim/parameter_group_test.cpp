#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/parameter_group.hpp>

#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("the first group whose prefix fits is a parameter's, and without one all is as it was") {
  const std::vector<ParameterGroup> groups{{.prefix = "encoder.conv1", .frozen = true},
                                           {.prefix = "encoder", .learning_rate_factor = 0.25, .weight_decay = 3}};
  const ParameterSettings base{.learning_rate = 8, .weight_decay = 1};
  const Name root;
  const Name encoder = root / "encoder";
  const Name conv1 = encoder / "conv1";
  const Name conv10 = encoder / "conv10";
  const Name encoder2 = root / "encoder2";
  CHECK(settings_for(conv1 / "weight", groups, base).frozen);
  const ParameterSettings slow = settings_for(conv10 / "weight", groups, base);
  CHECK_FALSE(slow.frozen);
  CHECK(slow.learning_rate == 2);
  CHECK(slow.weight_decay == 3);
  const ParameterSettings other = settings_for(encoder2 / "weight", groups, base);
  CHECK_FALSE(other.frozen);
  CHECK(other.learning_rate == 8);
  CHECK(other.weight_decay == 1);
}

TEST_CASE("an empty prefix is for all") {
  const std::vector<ParameterGroup> groups{{.learning_rate_factor = 0.5}};
  CHECK(settings_for(Name() / "weight", groups, {.learning_rate = 1}).learning_rate == 0.5);
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
