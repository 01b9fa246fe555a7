#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/reduce_on_plateau.hpp>

using namespace pupil;

namespace {

std::vector<double> rates(ReduceOnPlateau schedule, const std::vector<double>& metrics) {
  std::vector<double> result;
  for (const double metric : metrics) result.push_back(schedule.update(metric));
  return result;
}

}  // namespace

TEST_CASE("the learning rate falls when a loss has stopped falling for longer than the patience") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const ReduceOnPlateau schedule({.learning_rate = 1, .factor = 0.5, .patience = 2, .minimum = 0.2});
  CHECK(rates(schedule, {5, 4, 4, 3.9999, 4, nan, 3.9, 4, 4, 4, 4, 4, 4}) ==
        std::vector<double>{1, 1, 1, 1, .5, .5, .5, .5, .5, .25, .25, .25, .2});  // values from PyTorch
}

TEST_CASE("the learning rate falls when a score has stopped rising for longer than the patience") {
  const ReduceOnPlateau schedule(
      {.learning_rate = 1, .mode = PlateauMode::max, .factor = 0.5, .patience = 1, .threshold = 1e-3});
  CHECK(rates(schedule, {.1, .2, .2, .20001, .21, .21, .2, .1, .2}) ==
        std::vector<double>{1, 1, 1, .5, .5, .5, .25, .25, .125});  // values from PyTorch
}

TEST_CASE("a learning rate below the minimum stays") {
  ReduceOnPlateau schedule({.learning_rate = 0.1, .patience = 0, .minimum = 0.2});
  schedule.update(1);
  CHECK(schedule.update(1) == 0.1);
}

TEST_CASE("a schedule with the state of another goes on as that one would") {
  const ReduceOnPlateauOptions options{.learning_rate = 1, .factor = 0.5, .patience = 1};
  ReduceOnPlateau first(options);
  CHECK_FALSE(first.state().best.has_value());
  for (const double metric : {3., 2., 2.}) first.update(metric);
  ReduceOnPlateau second(options);
  second.restore(first.state());
  CHECK(second.learning_rate() == first.learning_rate());
  CHECK(second.update(2) == 0.5);
  CHECK(first.update(2) == 0.5);
  CHECK(first.state() == second.state());
}

TEST_CASE("options out of range are refused") {
  CHECK_THROWS_WITH_AS(ReduceOnPlateau({.factor = 1}), "reduce_on_plateau: the factor 1 is not between 0 and 1",
                       OptionError);
  CHECK_THROWS_WITH_AS(ReduceOnPlateau({.learning_rate = -1}), "reduce_on_plateau: the learning rate is -1",
                       OptionError);
  CHECK_THROWS_WITH_AS(ReduceOnPlateau({.patience = -1}),
                       "reduce_on_plateau: the patience -1, the threshold 0.0001 or the minimum 0 is negative",
                       OptionError);
}
