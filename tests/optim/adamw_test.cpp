#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/adam.hpp>
#include <pupil/optim/adamw.hpp>

#include "golden_optimizer.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("adamw does what PyTorch's does, with all options and for a group of parameters") {
  check_golden_optimizer<AdamW<double>>("adamw", AdamWOptions{.learning_rate = 0.01});
  check_golden_optimizer<AdamW<double>>(
      "adamw_decay",
      AdamWOptions{.learning_rate = 0.02, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.2});
}

TEST_CASE("adamw keeps what every optimizer promises") {
  check_optimizer_promises<AdamW<float>>(AdamWOptions{.learning_rate = 0.1});
}

TEST_CASE("adamw without weight decay is adam, bit for bit") {
  Rng rng(2);
  TwoParameters<float> model({30, 20}, 7, rng);
  auto twin = model;
  AdamW<float> adamw({.weight_decay = 0});
  Adam<float> adam;
  for (int step = 0; step < 3; ++step) {
    model.set_gradients(rng);
    twin.weight.gradient = model.weight.gradient;
    twin.bias.gradient = model.bias.gradient;
    adamw.step(model);
    adam.step(twin);
  }
  CHECK(model.weight.value == twin.weight.value);
  CHECK(model.bias.value == twin.bias.value);
  CHECK(adamw.step_count() == 3);
}

TEST_CASE("adamw shrinks a value without a gradient by learning rate times weight decay") {
  TwoParameters<double> model({0, 0}, 1);
  model.bias.value.fill(8);
  AdamW<double>({.learning_rate = 0.5, .weight_decay = 0.25}).step(model);
  CHECK(model.bias.value[0] == 7);
}

TEST_CASE("adamw's state has PyTorch's names") {
  TwoParameters<float> model({2, 3}, 4);
  AdamW<float> adamw;
  adamw.prepare(model);
  std::vector<std::string> names;
  adamw.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
  CHECK(names ==
        std::vector<std::string>{"step", "exp_avg.weight", "exp_avg.bias", "exp_avg_sq.weight", "exp_avg_sq.bias"});
}

TEST_CASE("adamw names what does not fit") {
  CHECK_THROWS_WITH_AS(AdamW<float>({.learning_rate = -1}), "adamw: the learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(AdamW<float>({.beta1 = -1}), "adamw: the betas -1 and 0.999 are not in [0, 1)", OptionError);
  CHECK_THROWS_WITH_AS(AdamW<float>({.epsilon = -1}), "adamw: the epsilon -1 is negative", OptionError);
  CHECK_THROWS_WITH_AS(AdamW<float>({.weight_decay = -1}), "adamw: the weight decay -1 is negative", OptionError);
}
