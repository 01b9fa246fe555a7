#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/softplus.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "gradient_of_another_size.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("softplus is above 0, and a line above its threshold") {
  const Tensor<double, 1> x({6}, {-50, -2, 0, 1.9, 2.1, 300});
  const auto y = Softplus<double>({.beta = 3, .threshold = 6}).forward(x);
  for (Index i = 0; i < 4; ++i) CHECK(y[i] == doctest::Approx(std::log1p(std::exp(3 * x[i])) / 3).epsilon(1e-14));
  CHECK(y[4] == 2.1);
  CHECK(y[5] == 300);
  CHECK(Softplus<double>().forward(Tensor<double, 1>({1}, {0}))[0] == doctest::Approx(std::log(2)));
}

TEST_CASE_TEMPLATE("softplus computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("more_activations");
  check_golden_layer<T, 3, 3>(file, "softplus", Softplus<T>());
  check_golden_layer<T, 3, 3>(file, "softplus options", Softplus<T>({.beta = 2.5, .threshold = 3}));
}

TEST_CASE("softplus gradients agree with differences") {
  Rng rng(1);
  check_gradients(Softplus<double>(), random_tensor<double>(Shape{1}, rng), rng);
  auto wide = random_tensor<double>(Shape{2, 5, 103}, rng);
  for (double& value : wide) value *= 6;
  check_gradients(Softplus<double>(), wide, rng);
  check_gradients(Softplus<double>({.beta = 0.3, .threshold = 50}), wide, rng);
}

TEST_CASE("softplus hands a NaN on, and does not overflow") {
  Tensor<float, 1> x({33});
  x[16] = x[32] = std::numeric_limits<float>::quiet_NaN();
  x[3] = 1e30F;
  x[4] = -1e30F;
  const Softplus<float> layer({.threshold = 1e35});
  Softplus<float>::Context context;
  const auto y = layer.forward(x, context);
  const auto dx = layer.backward(Tensor<float, 1>::full({33}, 1), context);
  CHECK(std::isnan(y[16]));
  CHECK(std::isnan(y[32]));
  CHECK(std::isnan(dx[16]));
  CHECK(y[3] == 1e30F);
  CHECK(dx[3] == 1);
  CHECK(y[4] == 0);
  CHECK(dx[4] == doctest::Approx(0));
}

TEST_CASE("softplus in inference gives what training gives, and may be used twice in one model") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 1001}, rng);
  const Softplus<float> layer;
  Softplus<float>::Context context;
  CHECK(layer.forward(x, context) == layer.forward(x));
  check_used_twice(layer, x, random_tensor<float>(Shape{2, 5}, rng));
}

TEST_CASE("softplus names what does not fit") {
  CHECK_THROWS_WITH_AS(Softplus<float>({.beta = 0}), "softplus: the beta 0 is not positive", OptionError);
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(Softplus<float>()),
                       "softplus: the gradient [1] does not fit the output of 2 elements", ShapeError);
}
