#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/rmsprop.hpp>

#include "golden_optimizer.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("rmsprop does what PyTorch's does, with all options and for a group of parameters") {
  const auto check = [](const std::string& name, const RmspropOptions& options) {
    check_golden_optimizer<Rmsprop<double>>(name, options);
  };
  check("rmsprop", {.learning_rate = 0.01});
  check("rmsprop_decay", {.learning_rate = 0.02, .alpha = 0.9, .epsilon = 1e-3, .weight_decay = 0.2});
  check("rmsprop_momentum", {.learning_rate = 0.01, .momentum = 0.9});
  check("rmsprop_centered", {.learning_rate = 0.01, .alpha = 0.9, .centered = true});
  check("rmsprop_all", {.learning_rate = 0.01, .alpha = 0.9, .weight_decay = 0.2, .momentum = 0.5, .centered = true});
}

TEST_CASE("rmsprop keeps what every optimizer promises") {
  check_optimizer_promises<Rmsprop<float>>(RmspropOptions{});
  check_optimizer_promises<Rmsprop<float>>(RmspropOptions{.weight_decay = 0.1, .momentum = 0.9, .centered = true});
}

TEST_CASE("rmsprop has the states that its options need, under PyTorch's names") {
  const auto names = [](const RmspropOptions& options) {
    TwoParameters<float> model({0, 0}, 4);
    Rmsprop<float> rmsprop(options);
    rmsprop.prepare(model);
    std::vector<std::string> result;
    rmsprop.visit([&](const Name& name, auto& state) {
      if (state.size() > 0) result.push_back(name.str());
    });
    return result;
  };
  CHECK(names({}) == std::vector<std::string>{"square_avg.bias"});
  CHECK(names({.momentum = 0.5}) == std::vector<std::string>{"square_avg.bias", "momentum_buffer.bias"});
  CHECK(names({.momentum = 0.5, .centered = true}) ==
        std::vector<std::string>{"square_avg.bias", "grad_avg.bias", "momentum_buffer.bias"});
}

TEST_CASE("a centered rmsprop takes gradients that are all the same, whose variance rounding makes negative") {
  TwoParameters<float> model({0, 0}, 1000);
  Rmsprop<float> rmsprop({.centered = true});
  for (int step = 0; step < 3000; ++step) {
    for (Index i = 0; i < 1000; ++i) model.bias.gradient[i] = 1.0F + static_cast<float>(i) * 1e-3F;
    rmsprop.step(model);
  }
  for (const float value : model.bias.value) REQUIRE(std::isfinite(value));
}

TEST_CASE("rmsprop names what does not fit") {
  CHECK_THROWS_WITH_AS(Rmsprop<float>({.learning_rate = -1}), "rmsprop: the learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(Rmsprop<float>({.alpha = 1}), "rmsprop: alpha 1 is not in [0, 1)", OptionError);
  CHECK_THROWS_WITH_AS(Rmsprop<float>({.epsilon = -1}), "rmsprop: the epsilon -1 is negative", OptionError);
  CHECK_THROWS_WITH_AS(Rmsprop<float>({.weight_decay = -1}), "rmsprop: the weight decay -1 is negative", OptionError);
  CHECK_THROWS_WITH_AS(Rmsprop<float>({.momentum = -1}), "rmsprop: the momentum -1 is negative", OptionError);
}
