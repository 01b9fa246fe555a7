#include <doctest/doctest.h>

#include <pupil/optim/warmup_stable_decay.hpp>

#include "golden_schedule.hpp"

using namespace pupil;

TEST_CASE("warm-up, stable phase and decay go as PyTorch's in a row") {
  testing::check_golden_schedule(
      "warmup_stable_decay", 16,
      WarmupStableDecay(
          {.learning_rate = 0.1, .total_steps = 15, .warmup_steps = 4, .decay_steps = 5, .start_factor = 0.25}));
}

TEST_CASE("without a warm-up and a decay the learning rate is constant") {
  const WarmupStableDecay schedule({.learning_rate = 0.5, .total_steps = 3});
  for (const Index step : {0, 1, 2, 3, 1000}) CHECK(schedule.learning_rate(step) == 0.5);
}

TEST_CASE("a warm-up and a decay can take all steps") {
  const WarmupStableDecay schedule(
      {.learning_rate = 1, .total_steps = 6, .warmup_steps = 2, .decay_steps = 4, .start_factor = 0});
  CHECK(schedule.learning_rate(0) == 0);
  CHECK(schedule.learning_rate(1) == 0.5);
  CHECK(schedule.learning_rate(2) == 1);
  CHECK(schedule.learning_rate(3) == 0.75);
  CHECK(schedule.learning_rate(5) == 0.25);
  CHECK(schedule.learning_rate(6) == 0);
  CHECK(schedule.learning_rate(1000) == 0);
}

TEST_CASE("warm-up, stable phase and decay name what is out of range") {
  CHECK_THROWS_WITH_AS(WarmupStableDecay({}), "warmup_stable_decay: the number of steps is 0", OptionError);
  CHECK_THROWS_WITH_AS(WarmupStableDecay({.learning_rate = -1, .total_steps = 5}),
                       "warmup_stable_decay: the learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(WarmupStableDecay({.total_steps = 5, .warmup_steps = 2, .decay_steps = 4}),
                       "warmup_stable_decay: a warm-up of 2 and a decay of 4 steps in 5", OptionError);
  CHECK_THROWS_WITH_AS(WarmupStableDecay({.total_steps = 5, .warmup_steps = -2, .decay_steps = 5}),
                       "warmup_stable_decay: a warm-up of -2 and a decay of 5 steps in 5", OptionError);
  CHECK_THROWS_WITH_AS(WarmupStableDecay({.total_steps = 5, .decay_steps = -1}),
                       "warmup_stable_decay: a warm-up of 0 and a decay of -1 steps in 5", OptionError);
  CHECK_THROWS_WITH_AS(WarmupStableDecay({.total_steps = 5, .start_factor = 2}),
                       "warmup_stable_decay: the start factor 2 is not between 0 and 1", OptionError);
  CHECK_THROWS_WITH_AS(WarmupStableDecay({.total_steps = 5}).learning_rate(-1), "warmup_stable_decay: the step is -1",
                       IndexError);
}
