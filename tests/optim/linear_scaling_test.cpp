#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/optim/linear_scaling.hpp>

using namespace pupil;

TEST_CASE("linear scaling rises from 1 to the ratio of the batches in its warm-up, and stays there") {
  const LinearScaling scaling({.batch_ratio = 9, .warmup_steps = 4});
  CHECK(scaling.factor(0) == 1);
  CHECK(scaling.factor(1) == 3);
  CHECK(scaling.factor(2) == 5);
  CHECK(scaling.factor(3) == 7);
  CHECK(scaling.factor(4) == 9);
  CHECK(scaling.factor(1'000'000) == 9);
}

TEST_CASE("linear scaling without a warm-up is the ratio from the first step on") {
  CHECK(LinearScaling({.batch_ratio = 8}).factor(0) == 8);
  CHECK(LinearScaling({}).factor(0) == 1);
}

TEST_CASE("batches that are smaller than those of the learning rate need no warm-up") {
  CHECK(LinearScaling({.batch_ratio = 0.25, .warmup_steps = 100}).factor(0) == 0.25);
}

TEST_CASE("linear scaling by nothing, by no number, or with a negative warm-up is refused") {
  CHECK_THROWS_WITH_AS(LinearScaling({.batch_ratio = 0}), "linear_scaling: the batch ratio is 0", OptionError);
  CHECK_THROWS_AS(LinearScaling({.batch_ratio = -1}), OptionError);
  CHECK_THROWS_AS(LinearScaling({.batch_ratio = std::numeric_limits<double>::infinity()}), OptionError);
  CHECK_THROWS_AS(LinearScaling({.batch_ratio = std::nan("")}), OptionError);
  CHECK_THROWS_WITH_AS(LinearScaling({.warmup_steps = -1}), "linear_scaling: a warm-up of -1 steps", OptionError);
  CHECK_THROWS_WITH_AS(LinearScaling({}).factor(-1), "linear_scaling: the step is -1", IndexError);
}
