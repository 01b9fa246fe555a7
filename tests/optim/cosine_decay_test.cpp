#include <doctest/doctest.h>

#include <pupil/optim/cosine_decay.hpp>

#include "golden_schedule.hpp"

using namespace pupil;

TEST_CASE("cosine decay goes as PyTorch's, with a warm-up and without") {
  using testing::check_golden_schedule;
  check_golden_schedule("cosine", 13, CosineDecay({.learning_rate = 0.1, .total_steps = 12}));
  check_golden_schedule("cosine_minimum", 13, CosineDecay({.learning_rate = 0.1, .total_steps = 12, .minimum = 0.01}));
  check_golden_schedule(
      "cosine_warmup", 16,
      CosineDecay({.learning_rate = 0.1, .total_steps = 15, .warmup_steps = 4, .start_factor = 0.25, .minimum = 0.02}));
}

TEST_CASE("cosine decay stays at its minimum after the last step") {
  const CosineDecay schedule({.learning_rate = 1, .total_steps = 3, .minimum = 0.5});
  CHECK(schedule.learning_rate(3) == 0.5);
  CHECK(schedule.learning_rate(1000) == 0.5);
}

TEST_CASE("a warm-up can begin at nothing") {
  const CosineDecay schedule({.learning_rate = 1, .total_steps = 10, .warmup_steps = 4, .start_factor = 0});
  CHECK(schedule.learning_rate(0) == 0);
  CHECK(schedule.learning_rate(1) == 0.25);
  CHECK(schedule.learning_rate(4) == 1);
}

TEST_CASE("cosine decay names what is out of range") {
  CHECK_THROWS_WITH_AS(CosineDecay({}), "cosine_decay: the number of steps is 0", OptionError);
  CHECK_THROWS_WITH_AS(CosineDecay({.total_steps = 5, .warmup_steps = 5}), "cosine_decay: a warm-up of 5 steps in 5",
                       OptionError);
  CHECK_THROWS_WITH_AS(CosineDecay({.total_steps = 5, .start_factor = 2}),
                       "cosine_decay: the start factor 2 is not between 0 and 1", OptionError);
  CHECK_THROWS_WITH_AS(CosineDecay({.learning_rate = 1, .total_steps = 5, .minimum = 2}),
                       "cosine_decay: the minimum 2 is not between 0 and the learning rate 1", OptionError);
  CHECK_THROWS_WITH_AS(CosineDecay({.total_steps = 5}).learning_rate(-1), "cosine_decay: the step is -1", IndexError);
}
