#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>

#include "../support/gradient_check.hpp"
#include "gradient_of_another_size.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Training forward and then backward with a gradient of ones: the slope at every x.
template <class Layer, class T, std::size_t Rank>
Tensor<T, Rank> slopes(Layer layer, const Tensor<T, Rank>& x) {
  typename Layer::Context context;
  layer.forward(x, context);
  return layer.backward(Tensor<T, Rank>::full(x.shape(), T{1}), context);
}

}  // namespace

TEST_CASE("relu and relu6 cut off what is outside their range, and the gradient there") {
  const Tensor<float, 1> x({7}, {-2, -0.F, 0, 0.5F, 5.5F, 6, 8});
  CHECK(Relu<float>().forward(x) == Tensor<float, 1>({7}, {0, 0, 0, 0.5F, 5.5F, 6, 8}));
  CHECK(Relu6<float>().forward(x) == Tensor<float, 1>({7}, {0, 0, 0, 0.5F, 5.5F, 6, 6}));
  CHECK(slopes(Relu<float>(), x) == Tensor<float, 1>({7}, {0, 0, 0, 1, 1, 1, 1}));
  CHECK(slopes(Relu6<float>(), x) == Tensor<float, 1>({7}, {0, 0, 0, 1, 1, 0, 0}));
}

TEST_CASE_TEMPLATE("sigmoid and tanh agree with the standard library", T, float, double) {
  const double tolerance = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
  auto x = Tensor<T, 1>::uninitialized({4001});
  for (Index i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i - 2000) / T{100};
  auto sigmoid = x;
  for (T& value : sigmoid) value = 1 / (1 + std::exp(-value));
  auto tanh = x;
  for (T& value : tanh) value = std::tanh(value);
  CHECK(relative_difference(Sigmoid<T>().forward(x), sigmoid) < tolerance);
  CHECK(relative_difference(Tanh<T>().forward(x), tanh) < tolerance);
}

TEST_CASE_TEMPLATE("sigmoid and tanh saturate without overflow", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const Tensor<T, 1> x({4}, {-infinity, T{-1000}, T{1000}, infinity});
  // Eigen's ends two units in the last place before 1 where the compiler was told of no fused multiply-add.
  CHECK(relative_difference(Tanh<T>().forward(x), Tensor<T, 1>({4}, {-1, -1, 1, 1})) <
        4 * static_cast<double>(std::numeric_limits<T>::epsilon()));
  const auto y = Sigmoid<T>().forward(x);
  CHECK(y[0] < std::numeric_limits<T>::min());
  CHECK(y[1] < std::numeric_limits<T>::min());
  CHECK(y[2] == 1);
  CHECK(y[3] == 1);
}

TEST_CASE_TEMPLATE("activation gradients agree with differences", Layer, Relu<double>, Relu6<double>, Sigmoid<double>,
                   Tanh<double>) {
  Rng rng(1);
  check_gradients(Layer(), random_tensor<double>(Shape{1}, rng), rng);
  check_gradients(Layer(), random_tensor<double>(Shape{3, 7}, rng), rng);
  check_gradients(Layer(), random_tensor<double>(Shape{2, 1, 5, 3}, rng), rng);
  auto wide = random_tensor<double>(Shape{3, 1000}, rng);
  for (double& value : wide) value *= 6;
  check_gradients(Layer(), wide, rng);
}

TEST_CASE_TEMPLATE("activations hand a NaN on, forward and backward", Layer, Relu<float>, Relu6<float>, Sigmoid<float>,
                   Tanh<float>) {
  Tensor<float, 1> x({33});
  x[16] = std::numeric_limits<float>::quiet_NaN();
  x[32] = x[16];
  Layer layer;
  typename Layer::Context context;
  const auto y = layer.forward(x, context);
  const auto inferred = std::as_const(layer).forward(x);
  const auto dx = layer.backward(x, context);
  for (const Index i : {16, 32}) {
    CHECK(std::isnan(y[i]));
    CHECK(std::isnan(inferred[i]));
    CHECK(std::isnan(dx[i]));
  }
  CHECK_FALSE(std::isnan(y[15]));
}

TEST_CASE_TEMPLATE("activation inference gives what training gives", Layer, Relu<float>, Relu6<float>, Sigmoid<float>,
                   Tanh<float>) {
  Rng rng(2);
  auto x = random_tensor<float>(Shape{3, 1001}, rng);
  for (float& value : x) value *= 5;
  Layer layer;
  typename Layer::Context context;
  CHECK(std::as_const(layer).forward(x) == layer.forward(x, context));
}

TEST_CASE_TEMPLATE("activations work in the memory of what is moved in", Layer, Relu<float>, Relu6<float>,
                   Sigmoid<float>, Tanh<float>) {
  Rng rng(3);
  auto x = random_tensor<float>(Shape{2, 5}, rng);
  const float* const memory = x.data();
  Layer layer;
  typename Layer::Context context;
  x = layer.forward(std::move(x), context);
  CHECK(x.data() == memory);
  x = layer.backward(std::move(x), context);
  CHECK(x.data() == memory);
  x = layer.forward(std::move(x));
  CHECK(x.data() == memory);
}

TEST_CASE_TEMPLATE("one activation used twice keeps two contexts apart", Layer, Relu<double>, Relu6<double>,
                   Sigmoid<double>, Tanh<double>) {
  Rng rng(4);
  const auto first = random_tensor<double>(Shape{4, 9}, rng);
  const auto second = random_tensor<double>(Shape{5, 5}, rng);
  Layer layer;
  typename Layer::Context first_context;
  typename Layer::Context second_context;
  layer.forward(first, first_context);
  layer.forward(second, second_context);
  CHECK(layer.backward(Tensor<double, 2>::full({4, 9}, 1), first_context) == slopes(layer, first));
  CHECK(layer.backward(Tensor<double, 2>::full({5, 5}, 1), second_context) == slopes(layer, second));
}

TEST_CASE("activations name a gradient that does not fit") {
  Relu<float> relu;
  Relu<float>::Context context;
  relu.forward(Tensor<float, 2>({2, 3}), context);
  CHECK_THROWS_WITH_AS(relu.backward(Tensor<float, 2>({2, 4}), context),
                       "relu: the gradient [2, 4] does not fit the output of 6 elements", ShapeError);
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(Relu6<float>()),
                       "relu6: the gradient [1] does not fit the output of 2 elements", ShapeError);
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(Sigmoid<float>()),
                       "sigmoid: the gradient [1] does not fit the output of 2 elements", ShapeError);
  CHECK_THROWS_WITH_AS(go_back_with_one_number_of_two(Tanh<float>()),
                       "tanh: the gradient [1] does not fit the output of 2 elements", ShapeError);
}
