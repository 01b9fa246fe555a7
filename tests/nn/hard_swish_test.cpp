#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/hard_swish.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "gradient_of_another_size.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("hard swish is 0 up to -3 and x from 3 on") {
  const Tensor<double, 1> x({6}, {-9, -3, -1, 0, 3, 8});
  const auto y = HardSwish<double>().forward(x);
  CHECK(relative_difference(y, Tensor<double, 1>({6}, {0, 0, -2. / 6, 0, 3, 8})) < 1e-15);
}

TEST_CASE_TEMPLATE("hard swish computes what PyTorch computes", T, float, double) {
  check_golden_layer<T, 3, 3>(fixture("more_activations"), "hard_swish", HardSwish<T>());
}

TEST_CASE("hard swish gradients agree with differences") {
  Rng rng(1);
  check_gradients(HardSwish<double>(), random_tensor<double>(Shape{1}, rng), rng);
  auto wide = random_tensor<double>(Shape{2, 5, 103}, rng);
  for (double& value : wide) value *= 3;
  check_gradients(HardSwish<double>(), wide, rng);
}

TEST_CASE("hard swish hands a NaN on, and does not overflow") {
  Tensor<float, 1> x({33});
  x[16] = x[32] = std::numeric_limits<float>::quiet_NaN();
  x[3] = 1e30F;
  x[4] = -1e30F;
  const HardSwish<float> layer;
  HardSwish<float>::Context context;
  const auto y = layer.forward(x, context);
  const auto dx = layer.backward(Tensor<float, 1>::full({33}, 1), context);
  CHECK(std::isnan(y[16]));
  CHECK(std::isnan(y[32]));
  CHECK(std::isnan(dx[16]));
  CHECK(y[3] == 1e30F);
  CHECK(dx[3] == 1);
  CHECK(y[4] == 0);
  CHECK(dx[4] == 0);
}

TEST_CASE("hard swish in inference gives what training gives, and may be used twice in one model") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 1001}, rng);
  const HardSwish<float> layer;
  HardSwish<float>::Context context;
  CHECK(layer.forward(x, context) == layer.forward(x));
  check_used_twice(layer, x, random_tensor<float>(Shape{2, 5}, rng));
}

TEST_CASE("hard swish names a gradient that does not fit") {
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(HardSwish<float>()),
                       "hard_swish: the gradient [1] does not fit the output of 2 elements", ShapeError);
}
