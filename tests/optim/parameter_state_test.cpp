#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/parameter_state.hpp>

#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// The first of the two parameters alone.
struct OneParameter {
  TwoParameters<float>& both;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    visitor(Name() / "weight", both.weight);
  }
};

}  // namespace

TEST_CASE("a state has a tensor of zeros for each parameter, under the state's name and the parameter's") {
  TwoParameters<float> model({2, 3}, 4);
  ParameterState<float> state("exp_avg");
  state.prepare(model, "test");
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
  state.prepare(model, "test");
  state[1][2] = 7;
  const float* const place = state[1];
  state.prepare(model, "test");
  CHECK(state[1] == place);
  CHECK(state[1][2] == 7);
}

TEST_CASE("a state begins with the number that it is told to") {
  TwoParameters<float> model({2, 3}, 4);
  ParameterState<float> state("sum", 0.5F);
  state.prepare(model, "test");
  CHECK(state[0][5] == 0.5F);
  CHECK(state[1][0] == 0.5F);
}

TEST_CASE("a parameter that is not trained has no tensor, and keeps its place") {
  TwoParameters<float> model({2, 3}, 4);
  ParameterState<float> state("exp_avg");
  for (int time = 0; time < 2; ++time) {
    state.prepare(model, "test", [](const Name& name) { return name == "bias"; });
    std::vector<std::string> names;
    state.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
    CHECK(names == std::vector<std::string>{"exp_avg.bias"});
    CHECK(state[1][3] == 0);
  }
}

TEST_CASE("a state made for other parameters is refused") {
  TwoParameters<float> model({2, 3}, 4);
  TwoParameters<float> other({3, 2}, 4);
  ParameterState<float> state("exp_avg");
  state.prepare(model, "test");
  CHECK_THROWS_WITH_AS(state.prepare(other, "test"),
                       "test: parameter weight has the shape [3, 2], the state was made for weight [2, 3]", ShapeError);
  OneParameter fewer{model};
  CHECK_THROWS_WITH_AS(state.prepare(fewer, "test"), "test: the model has 1 parameters, the state was made for 2",
                       ShapeError);
}
