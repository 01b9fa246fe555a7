#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/core/tensor_arithmetic.hpp>

#include "../support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("tensors of one shape are combined number by number") {
  const Tensor<float, 2> x({2, 2}, {1, 2, 3, 4}), y({2, 2}, {4, 3, 2, 8});
  CHECK(x + y == Tensor<float, 2>({2, 2}, {5, 5, 5, 12}));
  CHECK(x - y == Tensor<float, 2>({2, 2}, {-3, -1, 1, -4}));
  CHECK(x * y == Tensor<float, 2>({2, 2}, {4, 6, 6, 32}));
  CHECK(x / y == Tensor<float, 2>({2, 2}, {0.25F, 2.0F / 3.0F, 1.5F, 0.5F}));
  CHECK(-x == Tensor<float, 2>({2, 2}, {-1, -2, -3, -4}));
}

TEST_CASE("a number is combined with each number of a tensor, from either side and of any type") {
  const Tensor<double, 1> x({2}, {1, 4});
  CHECK(x + 1 == Tensor<double, 1>({2}, {2, 5}));
  CHECK(x - 1.5F == Tensor<double, 1>({2}, {-0.5, 2.5}));
  CHECK(2 * x == Tensor<double, 1>({2}, {2, 8}));
  CHECK(x / 2 == Tensor<double, 1>({2}, {0.5, 2}));
  CHECK(1 + x == Tensor<double, 1>({2}, {2, 5}));
  CHECK(1 - x == Tensor<double, 1>({2}, {0, -3}));
  CHECK(1 / x == Tensor<double, 1>({2}, {1, 0.25}));
}

TEST_CASE("a tensor is changed in place, also by itself") {
  Tensor<float, 1> x({2}, {1, 2});
  x += x;
  CHECK(x == Tensor<float, 1>({2}, {2, 4}));
  x *= Tensor<float, 1>({2}, {3, 5});
  x -= 1;
  x /= 5;
  CHECK(x == Tensor<float, 1>({2}, {1, 3.8F}));
}

TEST_CASE("what is moved in gives its memory") {
  Tensor<float, 1> x({3}, {1, 2, 3});
  const float* const memory = x.data();
  const auto y = 2 * (std::move(x) + 1);
  CHECK(y.data() == memory);
  CHECK(y == Tensor<float, 1>({3}, {4, 6, 8}));
}

TEST_CASE("shapes that differ are refused, and nothing is changed") {
  Tensor<float, 2> x({2, 3});
  CHECK(error_of<ShapeError>([&] {
          x += Tensor<float, 2>({3, 2});
        }) == "tensor: [2, 3] + [3, 2]: the shapes differ, and there is no broadcasting");
  CHECK(error_of<ShapeError>([&] {
          x = x / Tensor<float, 2>({1, 3});
        }) == "tensor: [2, 3] / [1, 3]: the shapes differ, and there is no broadcasting");
}
