#include <cmath>

#include <doctest/doctest.h>

#include <pupil/nn/gelu.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "gradient_of_another_size.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("gelu agrees with the standard library's error function and tanh", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-15;
  auto x = Tensor<T, 1>::uninitialized({1601});
  for (Index i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i - 800) / T{100};
  auto exact = x;
  auto approximate = x;
  for (T& value : exact) value = static_cast<T>(value * std::erfc(-static_cast<double>(value) / std::sqrt(2.)) / 2);
  for (T& value : approximate) {
    const double v = static_cast<double>(value);
    value = static_cast<T>(v / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.)) * (v + 0.044715 * v * v * v))));
  }
  const auto y = Gelu<T>().forward(x);
  const auto by_tanh = Gelu<T>({.approximate = GeluApproximation::tanh}).forward(x);
  for (Index i = 0; i < x.size(); ++i) {
    CAPTURE(x[i]);
    REQUIRE(std::abs(static_cast<double>(y[i] - exact[i])) <= tolerance * std::max(1., std::abs(double(x[i]))));
    REQUIRE(std::abs(static_cast<double>(by_tanh[i] - approximate[i])) <=
            tolerance * std::max(1., std::abs(double(x[i]))));
  }
}

TEST_CASE_TEMPLATE("gelu computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("activations");
  check_golden_layer<T, 3, 3>(file, "gelu", Gelu<T>());
  check_golden_layer<T, 3, 3>(file, "gelu_tanh", Gelu<T>({.approximate = GeluApproximation::tanh}));
}

TEST_CASE("gelu gradients agree with differences") {
  Rng rng(1);
  for (const auto approximate : {GeluApproximation::none, GeluApproximation::tanh}) {
    const Gelu<double> gelu({.approximate = approximate});
    check_gradients(gelu, random_tensor<double>(Shape{1}, rng), rng);
    auto wide = random_tensor<double>(Shape{3, 1, 107}, rng);
    for (double& value : wide) value *= 3;
    check_gradients(gelu, wide, rng);
  }
}

TEST_CASE("gelu names a gradient that does not fit") {
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(Gelu<float>()),
                       "gelu: the gradient [1] does not fit the output of 2 elements", ShapeError);
}
