#pragma once
// A schedule against PyTorch's, over its whole run (see tools/fixtures/optimizers.py).

#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "../support/golden.hpp"

namespace pupil::testing {

template <class Schedule>
void check_golden_schedule(const std::string& name, Index steps, const Schedule& schedule) {
  CAPTURE(name);
  const auto expected = fixture("optimizers").read<double, 1>("schedule/" + name);
  REQUIRE(expected.size() == steps);
  for (Index step = 0; step < steps; ++step) {
    CAPTURE(step);
    CHECK(std::abs(schedule.learning_rate(step) - expected[step]) <= 1e-10 * expected[step] + 1e-16);
  }
}

}  // namespace pupil::testing
