#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/nn/max_pool2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("max pooling gradients agree with differences") {
  Rng rng(1);
  const Tensor<double, 4> one_pixel = random_tensor<double>(Shape{1, 1, 1, 1}, rng);
  check_gradients(MaxPool2d<double>({.kernel_size = 1}), one_pixel, rng);
  check_gradients(MaxPool2d<double>({.kernel_size = 3, .padding = 1}), one_pixel, rng);
  const Tensor<double, 4> images = random_tensor<double>(Shape{2, 7, 5, 3}, rng);
  check_gradients(MaxPool2d<double>({.kernel_size = 2}), images, rng);
  check_gradients(MaxPool2d<double>({.kernel_size = 3, .stride = 2, .padding = 1}), images, rng);
  check_gradients(MaxPool2d<double>({.kernel_size = {3, 2}, .stride = {1, 4}, .padding = {1, 0, 0, 1}}), images, rng);
}

TEST_CASE_TEMPLATE("max pooling computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("pooling");
  const auto check = [&](const std::string& name, const MaxPool2dOptions& options) {
    check_golden_layer<T, 4, 4>(file, name, MaxPool2d<T>(options));
  };
  check("max", {.kernel_size = 2});
  check("max padded", {.kernel_size = 3, .stride = 2, .padding = 1});
  check("max uneven", {.kernel_size = {3, 4}, .stride = {1, 3}, .padding = {1, 2}});
}

TEST_CASE("of equal elements the first gets the gradient, and a NaN is the largest") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const MaxPool2d<double> pool({.kernel_size = 2, .stride = 1});
  MaxPool2d<double>::Context context;
  const Tensor<double, 4> x({1, 3, 4, 1}, {1, 2, 2, 1, 2, 2, 3, 1, nan, 0, nan, 5});
  const auto y = pool.forward(x, context);
  CHECK(std::equal(y.begin(), y.begin() + 3, std::array{2., 3., 3.}.begin()));
  for (Index i = 3; i < 6; ++i) CHECK(std::isnan(y[i]));
  const auto dx = pool.backward(Tensor<double, 4>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6}), context);
  CHECK(dx == Tensor<double, 4>({1, 3, 4, 1}, {0, 1, 0, 0, 0, 0, 5, 0, 4, 0, 11, 0}));  // values from PyTorch
}

TEST_CASE("padding is smaller than any number") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const MaxPool2d<float> pool({.kernel_size = 3, .stride = 2, .padding = 1});
  MaxPool2d<float>::Context context;
  const Tensor<float, 4> x({1, 2, 1, 2}, {-7, -infinity, -8, -infinity});
  CHECK(pool.forward(x, context) == Tensor<float, 4>({1, 1, 1, 2}, {-7, -infinity}));
  const auto dx = pool.backward(Tensor<float, 4>({1, 1, 1, 2}, {1, 2}), context);
  CHECK(dx == Tensor<float, 4>({1, 2, 1, 2}, {1, 2, 0, 0}));
}

TEST_CASE("max pooling's stride is its kernel size unless it is given, and does not divide the last pixels") {
  const Tensor<float, 4> x({2, 8, 7, 3});
  CHECK(MaxPool2d<float>({.kernel_size = {2, 3}}).forward(x).shape() == Shape{2, 4, 2, 3});
  CHECK(MaxPool2d<float>({.kernel_size = 3, .stride = 2, .padding = 1}).forward(x).shape() == Shape{2, 4, 4, 3});
  CHECK(MaxPool2d<float>({.kernel_size = 3}).forward(Tensor<float, 4>({0, 3, 3, 5})).shape() == Shape{0, 1, 1, 5});
}

TEST_CASE("max pooling inference gives what training gives") {
  Rng rng(2);
  const MaxPool2d<float> pool({.kernel_size = 3, .stride = 2, .padding = 1});
  const auto x = random_tensor<float>(Shape{2, 9, 6, 5}, rng);
  MaxPool2d<float>::Context context;
  CHECK(pool.forward(x) == pool.forward(x, context));
}

TEST_CASE("max pooling names what does not fit") {
  CHECK_THROWS_WITH_AS(MaxPool2d<float>({.kernel_size = 0}), "max_pool2d: the kernel size is (0, 0), not at least 1",
                       OptionError);
  CHECK_THROWS_WITH_AS(MaxPool2d<float>({.kernel_size = 2, .stride = {1, 0}}),
                       "max_pool2d: the stride is (1, 0), not at least 1", OptionError);
  CHECK_THROWS_WITH_AS(MaxPool2d<float>({.kernel_size = 3, .padding = {1, 2}}),
                       "max_pool2d: the padding (1, 1, 2, 2) is not between 0 and half the kernel size (3, 3)",
                       OptionError);
  CHECK_THROWS_WITH_AS(MaxPool2d<float>({.kernel_size = {256, 257}}),
                       "max_pool2d: the kernel size (256, 257) is more than 65536 elements", OptionError);
  const MaxPool2d<float> pool({.kernel_size = 3});
  CHECK_THROWS_WITH_AS(pool.forward(Tensor<float, 4>({1, 2, 5, 4})),
                       "max_pool2d: the input [1, 2, 5, 4] with padding (0, 0, 0, 0) is smaller than the window (3, 3)",
                       ShapeError);
  MaxPool2d<float>::Context context;
  pool.forward(Tensor<float, 4>({1, 6, 6, 4}), context);
  CHECK_THROWS_WITH_AS(pool.backward(Tensor<float, 4>({1, 2, 1, 4}), context),
                       "max_pool2d: the gradient [1, 2, 1, 4] does not fit the output [1, 2, 2, 4]", ShapeError);
}

TEST_CASE("a max pooling window may have 65536 elements") {
  Tensor<float, 4> x({1, 256, 256, 1});
  x(0, 255, 255, 0) = 1;
  const MaxPool2d<float> pool({.kernel_size = 256});
  MaxPool2d<float>::Context context;
  CHECK(pool.forward(x, context)[0] == 1);
  CHECK(pool.backward(Tensor<float, 4>({1, 1, 1, 1}, {5}), context)(0, 255, 255, 0) == 5);
}
