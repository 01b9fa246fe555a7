#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/parameter_state.hpp>

#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

KnownParameters parameters_of(TwoParameters<float>& model, const std::vector<ParameterGroup>& groups = {}) {
  KnownParameters parameters;
  parameters.learn(model, groups, "test");
  return parameters;
}

}  // namespace

TEST_CASE("a state has a tensor of zeros for each parameter, under the state's name and the parameter's") {
  TwoParameters<float> model({2, 3}, 4);
  ParameterState<float> state("exp_avg");
  state.prepare(parameters_of(model));
  std::vector<std::string> names;
  std::vector<Tensor<float, 1>> tensors;
  state.visit(
      [&](const Name& name, auto& tensor) {
        names.push_back(name.str());
        tensors.push_back(tensor);
      },
      Name() / "optimizer");
  CHECK(names == std::vector<std::string>{"optimizer.exp_avg.weight", "optimizer.exp_avg.bias"});
  CHECK(tensors == std::vector{Tensor<float, 1>({6}), Tensor<float, 1>({4})});
}

TEST_CASE("a state that is there stays when it is prepared again") {
  TwoParameters<float> model({2, 3}, 4);
  ParameterState<float> state("exp_avg");
  state.prepare(parameters_of(model));
  state[1][2] = 7;
  const float* const place = state[1];
  state.prepare(parameters_of(model));
  CHECK(state[1] == place);
  CHECK(state[1][2] == 7);
}

TEST_CASE("a state begins with the number that it is told to") {
  TwoParameters<float> model({2, 3}, 4);
  ParameterState<float> state("sum", 0.5F);
  state.prepare(parameters_of(model));
  CHECK(state[0][5] == 0.5F);
  CHECK(state[1][0] == 0.5F);
}

TEST_CASE("a parameter that is not trained has no tensor, and keeps its place") {
  TwoParameters<float> model({2, 3}, 4);
  ParameterState<float> state("exp_avg");
  for (int time = 0; time < 2; ++time) {
    state.prepare(parameters_of(model, {{.prefix = "weight", .frozen = true}}));
    std::vector<std::string> names;
    state.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
    CHECK(names == std::vector<std::string>{"exp_avg.bias"});
    CHECK(state[1][3] == 0);
  }
}
