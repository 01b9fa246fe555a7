#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/flatten.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("flatten makes one row of every example, in order") {
  const Tensor<float, 3> x({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(Flatten<float, 3>().forward(x) == Tensor<float, 2>({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_CASE("flatten gradients agree with differences") {
  Rng rng(1);
  check_gradients(Flatten<double, 1>(), random_tensor<double>(Shape{3}, rng), rng);
  check_gradients(Flatten<double, 2>(), random_tensor<double>(Shape{1, 3}, rng), rng);
  check_gradients(Flatten<double>(), random_tensor<double>(Shape{2, 3, 1, 5}, rng), rng);
}

TEST_CASE("flatten copies nothing that is moved through it") {
  Tensor<float, 4> x({2, 3, 4, 5});
  const float* const memory = x.data();
  Flatten<float> flatten;
  Flatten<float>::Context context;
  auto y = flatten.forward(std::move(x), context);
  CHECK(y.shape() == Shape{2, 60});
  CHECK(y.data() == memory);
  x = flatten.backward(std::move(y), context);
  CHECK(x.shape() == Shape{2, 3, 4, 5});
  CHECK(x.data() == memory);
  CHECK(flatten.forward(std::move(x)).data() == memory);
}

TEST_CASE("flatten of no example still has its features") {
  CHECK(Flatten<float>().forward(Tensor<float, 4>({0, 2, 3, 4})).shape() == Shape{0, 24});
}

TEST_CASE("flatten names a gradient that does not fit") {
  Flatten<float> flatten;
  Flatten<float>::Context context;
  flatten.forward(Tensor<float, 4>({2, 3, 4, 5}), context);
  CHECK_THROWS_WITH_AS(flatten.backward(Tensor<float, 2>({2, 61}), context),
                       "flatten: the gradient [2, 61] does not fit the output [2, 60]", ShapeError);
}
