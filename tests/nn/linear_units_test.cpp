#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/gelu.hpp>
#include <pupil/nn/linear_units.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "gradient_of_another_size.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("leaky relu and elu keep what is above 0, and little of what is below") {
  const Tensor<double, 1> x({5}, {-2, -0.5, 0, 0.5, 8});
  CHECK(LeakyRelu<double>().forward(x) == Tensor<double, 1>({5}, {-0.02, -0.005, 0, 0.5, 8}));
  CHECK(LeakyRelu<double>({.negative_slope = 0.5}).forward(x) == Tensor<double, 1>({5}, {-1, -0.25, 0, 0.5, 8}));
  const Tensor<double, 1> elu({5}, {2 * std::expm1(-2), 2 * std::expm1(-0.5), 0, 0.5, 8});
  CHECK(relative_difference(Elu<double>({.alpha = 2}).forward(x), elu) < 1e-15);
}

TEST_CASE_TEMPLATE("linear units compute what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("activations");
  check_golden_layer<T, 3, 3>(file, "leaky_relu", LeakyRelu<T>());
  check_golden_layer<T, 3, 3>(file, "leaky_relu_0.2", LeakyRelu<T>({.negative_slope = 0.2}));
  check_golden_layer<T, 3, 3>(file, "elu", Elu<T>());
  check_golden_layer<T, 3, 3>(file, "elu_0.7", Elu<T>({.alpha = 0.7}));
  check_golden_layer<T, 3, 3>(file, "silu", Silu<T>());
}

TEST_CASE_TEMPLATE("linear unit gradients agree with differences", Layer, LeakyRelu<double>, Elu<double>,
                   Silu<double>) {
  Rng rng(1);
  check_gradients(Layer(), random_tensor<double>(Shape{1}, rng), rng);
  check_gradients(Layer(), random_tensor<double>(Shape{3, 7}, rng), rng);
  auto wide = random_tensor<double>(Shape{2, 5, 1, 103}, rng);
  for (double& value : wide) value *= 6;
  check_gradients(Layer(), wide, rng);
}

TEST_CASE_TEMPLATE("linear units hand a NaN on, and do not overflow", Layer, LeakyRelu<float>, Elu<float>, Silu<float>,
                   Gelu<float>) {
  Tensor<float, 1> x({33});
  x[16] = std::numeric_limits<float>::quiet_NaN();
  x[32] = x[16];
  x[3] = 1e30F;
  x[4] = -1e30F;
  Layer layer;
  typename Layer::Context context;
  const auto y = layer.forward(x, context);
  auto dy = Tensor<float, 1>::full({33}, 1);
  dy[16] = x[16];
  dy[32] = x[16];
  const auto dx = layer.backward(dy, context);
  for (const Index i : {16, 32}) {
    CHECK(std::isnan(y[i]));
    CHECK(std::isnan(dx[i]));
  }
  CHECK(y[3] == 1e30F);
  CHECK(dx[3] == 1);
  CHECK(std::isfinite(y[4]));
  CHECK(std::isfinite(dx[4]));
}

TEST_CASE_TEMPLATE("linear units in inference give what training gives, in the memory of what is moved in", Layer,
                   LeakyRelu<float>, Elu<float>, Silu<float>, Gelu<float>) {
  Rng rng(2);
  auto x = random_tensor<float>(Shape{3, 1001}, rng);
  Layer layer;
  typename Layer::Context context;
  const auto inferred = std::as_const(layer).forward(x);
  const float* const memory = x.data();
  x = layer.forward(std::move(x), context);
  CHECK(x == inferred);
  CHECK(x.data() == memory);
  x = layer.backward(std::move(x), context);
  CHECK(x.data() == memory);
}

TEST_CASE_TEMPLATE("a linear unit used twice keeps two contexts apart", Layer, LeakyRelu<double>, Elu<double>,
                   Silu<double>, Gelu<double>) {
  Rng rng(3);
  const auto first = random_tensor<double>(Shape{4, 9}, rng);
  const auto ones = Tensor<double, 2>::full({4, 9}, 1);
  Layer layer;
  typename Layer::Context alone;
  layer.forward(first, alone);
  const auto expected = layer.backward(ones, alone);
  typename Layer::Context first_context;
  typename Layer::Context second_context;
  layer.forward(first, first_context);
  layer.forward(random_tensor<double>(Shape{4, 9}, rng), second_context);
  CHECK(layer.backward(ones, first_context) == expected);
  CHECK(layer.backward(ones, second_context) != expected);
}

TEST_CASE("linear units name a gradient that does not fit") {
  Elu<float> elu;
  Elu<float>::Context context;
  elu.forward(Tensor<float, 2>({2, 3}), context);
  CHECK_THROWS_WITH_AS(elu.backward(Tensor<float, 2>({2, 4}), context),
                       "elu: the gradient [2, 4] does not fit the output of 6 elements", ShapeError);
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(LeakyRelu<float>()),
                       "leaky_relu: the gradient [1] does not fit the output of 2 elements", ShapeError);
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(Silu<float>()),
                       "silu: the gradient [1] does not fit the output of 2 elements", ShapeError);
}
