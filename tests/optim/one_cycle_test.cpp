#include <doctest/doctest.h>

#include <pupil/optim/one_cycle.hpp>

#include "golden_schedule.hpp"

using namespace pupil;

TEST_CASE("one cycle goes as PyTorch's") {
  using testing::check_golden_schedule;
  check_golden_schedule("one_cycle", 20, OneCycle({.max_learning_rate = 0.1, .total_steps = 20}));
  check_golden_schedule(
      "one_cycle_all", 17,
      OneCycle(
          {.max_learning_rate = 0.1, .total_steps = 17, .pct_start = 0.25, .div_factor = 10, .final_div_factor = 100}));
  check_golden_schedule("one_cycle_fall", 8, OneCycle({.max_learning_rate = 0.1, .total_steps = 8, .pct_start = 0}));
  check_golden_schedule("one_cycle_rise", 8, OneCycle({.max_learning_rate = 0.1, .total_steps = 8, .pct_start = 1}));
}

TEST_CASE("one cycle stays where it ends") {
  const OneCycle schedule({.max_learning_rate = 1, .total_steps = 10, .div_factor = 2, .final_div_factor = 4});
  CHECK(schedule.learning_rate(9) == 0.125);
  CHECK(schedule.learning_rate(500) == 0.125);
}

TEST_CASE("one cycle of one step, or with a peak at the first, is a number") {
  for (const double pct_start : {0.0, 0.3, 0.5, 1.0}) {
    CAPTURE(pct_start);
    for (const Index total_steps : {1, 2, 10}) {
      const OneCycle schedule({.max_learning_rate = 1, .total_steps = total_steps, .pct_start = pct_start});
      for (Index step = 0; step < total_steps; ++step) {
        const double rate = schedule.learning_rate(step);
        CHECK((rate > 0 && rate <= 1));
      }
    }
  }
  CHECK(OneCycle({.max_learning_rate = 1, .total_steps = 2, .pct_start = 0.5}).learning_rate(0) == 1);
}

TEST_CASE("one cycle names what is out of range") {
  CHECK_THROWS_WITH_AS(OneCycle({}), "one_cycle: the number of steps is 0", OptionError);
  CHECK_THROWS_WITH_AS(OneCycle({.max_learning_rate = -1, .total_steps = 5}),
                       "one_cycle: the largest learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(OneCycle({.total_steps = 5, .pct_start = 1.5}),
                       "one_cycle: pct_start 1.5 is not between 0 and 1", OptionError);
  CHECK_THROWS_WITH_AS(OneCycle({.total_steps = 5, .div_factor = 0.5}),
                       "one_cycle: the factors 0.5 and 10000 are not both at least 1", OptionError);
  CHECK_THROWS_WITH_AS(OneCycle({.total_steps = 5}).learning_rate(-1), "one_cycle: the step is -1", IndexError);
}
