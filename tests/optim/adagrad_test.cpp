#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/adagrad.hpp>

#include "golden_optimizer.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("adagrad does what PyTorch's does, with all options and for a group of parameters") {
  check_golden_optimizer<Adagrad<double>>("adagrad", AdagradOptions{.learning_rate = 0.1});
  check_golden_optimizer<Adagrad<double>>(
      "adagrad_all",
      AdagradOptions{
          .learning_rate = 0.1, .learning_rate_decay = 0.05, .weight_decay = 0.2, .initial_accumulator_value = 0.3});
}

TEST_CASE("adagrad keeps what every optimizer promises") {
  check_optimizer_promises<Adagrad<float>>(AdagradOptions{.learning_rate_decay = 0.1, .weight_decay = 0.1});
}

TEST_CASE("adagrad's state has PyTorch's names and begins where it is told to") {
  TwoParameters<float> model({0, 0}, 2);
  Adagrad<float> adagrad({.initial_accumulator_value = 3});
  adagrad.prepare(model);
  std::vector<std::string> names;
  for_each_buffer(adagrad, [&](const Name& name, auto& state) {
    names.push_back(name.str());
    if (name == "sum.bias") CHECK(state[1] == 3);
  });
  CHECK(names == std::vector<std::string>{"step", "sum.weight", "sum.bias"});
}

TEST_CASE("the first step of adagrad is as long as the learning rate, the next ones shorter") {
  TwoParameters<double> model({0, 0}, 1);
  Adagrad<double> adagrad({.learning_rate = 0.5});
  model.bias.gradient.fill(7);
  adagrad.step(model);
  CHECK(model.bias.value[0] == doctest::Approx(-0.5));
  model.bias.gradient.fill(7);
  adagrad.step(model);
  CHECK(model.bias.value[0] == doctest::Approx(-0.5 - 0.5 / 1.41421356));
  CHECK(adagrad.step_count() == 2);
}

TEST_CASE("adagrad names what does not fit") {
  CHECK_THROWS_WITH_AS(Adagrad<float>({.learning_rate = -1}), "adagrad: the learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(Adagrad<float>({.learning_rate_decay = -1}), "adagrad: the learning rate decay -1 is negative",
                       OptionError);
  CHECK_THROWS_WITH_AS(Adagrad<float>({.weight_decay = -1}), "adagrad: the weight decay -1 is negative", OptionError);
  CHECK_THROWS_WITH_AS(Adagrad<float>({.initial_accumulator_value = -1}),
                       "adagrad: the initial accumulator value -1 is negative", OptionError);
  CHECK_THROWS_WITH_AS(Adagrad<float>({.epsilon = -1}), "adagrad: the epsilon -1 is negative", OptionError);
}
