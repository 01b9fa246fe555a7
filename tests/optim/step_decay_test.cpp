#include <doctest/doctest.h>

#include <pupil/optim/step_decay.hpp>

#include "golden_schedule.hpp"

using namespace pupil;

TEST_CASE("step decay falls as PyTorch's") {
  testing::check_golden_schedule("step", 12, StepDecay({.learning_rate = 0.1, .step_size = 3, .gamma = 0.5}));
}

TEST_CASE("step decay stays between its steps") {
  const StepDecay schedule({.learning_rate = 8, .step_size = 2, .gamma = 0.25});
  CHECK(schedule.learning_rate(0) == 8);
  CHECK(schedule.learning_rate(1) == 8);
  CHECK(schedule.learning_rate(2) == 2);
  CHECK(schedule.learning_rate(5) == 0.5);
}

TEST_CASE("step decay names what is out of range") {
  CHECK_THROWS_WITH_AS(StepDecay({.learning_rate = -1}), "step_decay: the learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(StepDecay({.step_size = 0}), "step_decay: the step size is 0", OptionError);
  CHECK_THROWS_WITH_AS(StepDecay({.gamma = -1}), "step_decay: gamma is -1", OptionError);
  CHECK_THROWS_WITH_AS(StepDecay({}).learning_rate(-1), "step_decay: the epoch is -1", IndexError);
}
