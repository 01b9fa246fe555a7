#include <doctest/doctest.h>

#include <pupil/optim/exponential_decay.hpp>

#include "golden_schedule.hpp"

using namespace pupil;

TEST_CASE("exponential decay falls as PyTorch's") {
  testing::check_golden_schedule("exponential", 12, ExponentialDecay({.learning_rate = 0.1, .gamma = 0.8}));
}

TEST_CASE("exponential decay names what is out of range") {
  CHECK_THROWS_WITH_AS(ExponentialDecay({.learning_rate = -1}), "exponential_decay: the learning rate is -1",
                       OptionError);
  CHECK_THROWS_WITH_AS(ExponentialDecay({.gamma = -1}), "exponential_decay: gamma is -1", OptionError);
  CHECK_THROWS_WITH_AS(ExponentialDecay({}).learning_rate(-1), "exponential_decay: the epoch is -1", IndexError);
}
