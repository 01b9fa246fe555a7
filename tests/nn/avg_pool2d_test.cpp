#include <doctest/doctest.h>

#include <pupil/nn/avg_pool2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("average pooling gradients agree with differences") {
  Rng rng(1);
  const Tensor<double, 4> one_pixel = random_tensor<double>(Shape{1, 1, 1, 1}, rng);
  const Tensor<double, 4> images = random_tensor<double>(Shape{2, 7, 5, 3}, rng);
  for (const bool counted : {true, false}) {
    CAPTURE(counted);
    check_gradients(AvgPool2d<double>({.kernel_size = 3, .padding = 1, .count_include_pad = counted}), one_pixel, rng);
    check_gradients(AvgPool2d<double>({.kernel_size = 2, .count_include_pad = counted}), images, rng);
    check_gradients(
        AvgPool2d<double>(
            {.kernel_size = {3, 2}, .stride = {2, 1}, .padding = {1, 0, 0, 1}, .count_include_pad = counted}),
        images, rng);
  }
}

TEST_CASE_TEMPLATE("average pooling computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("pooling");
  const auto check = [&](const std::string& name, const AvgPool2dOptions& options) {
    check_golden_layer<T, 4, 4>(file, name, AvgPool2d<T>(options));
  };
  check("avg", {.kernel_size = 2});
  check("avg padded", {.kernel_size = 3, .stride = 2, .padding = 1});
  check("avg uneven", {.kernel_size = {3, 4}, .stride = {2, 3}, .padding = {1, 2}});
  check("avg padding not counted", {.kernel_size = 3, .stride = 2, .padding = 1, .count_include_pad = false});
  check("avg uneven padding not counted",
        {.kernel_size = {3, 4}, .stride = {2, 3}, .padding = {1, 2}, .count_include_pad = false});
}

TEST_CASE("padding counts in the mean unless it is told not to") {
  const Tensor<double, 4> x({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const AvgPool2d<double> counted({.kernel_size = 2, .padding = 1});
  const AvgPool2d<double> not_counted({.kernel_size = 2, .padding = 1, .count_include_pad = false});
  CHECK(counted.forward(x) == Tensor<double, 4>({1, 2, 2, 1}, {0.25, 1.25, 2.75, 7}));  // values from PyTorch
  CHECK(not_counted.forward(x) == Tensor<double, 4>({1, 2, 2, 1}, {1, 2.5, 5.5, 7}));
}

TEST_CASE("average pooling inference gives what training gives") {
  Rng rng(2);
  const AvgPool2d<float> pool({.kernel_size = 3, .stride = 2, .padding = 1});
  const auto x = random_tensor<float>(Shape{2, 9, 6, 5}, rng);
  AvgPool2d<float>::Context context;
  CHECK(pool.forward(x) == pool.forward(x, context));
}

TEST_CASE("average pooling names what does not fit") {
  CHECK_THROWS_WITH_AS(AvgPool2d<float>({.kernel_size = 2, .padding = -1}),
                       "avg_pool2d: the padding (-1, -1, -1, -1) is not between 0 and half the kernel size (2, 2)",
                       OptionError);
  const AvgPool2d<float> pool({.kernel_size = {2, 4}, .padding = 1});
  CHECK_THROWS_WITH_AS(pool.forward(Tensor<float, 4>({1, 2, 1, 4})),
                       "avg_pool2d: the input [1, 2, 1, 4] with padding (1, 1, 1, 1) is smaller than the window (2, 4)",
                       ShapeError);
  AvgPool2d<float>::Context context;
  pool.forward(Tensor<float, 4>({1, 6, 6, 4}), context);
  CHECK_THROWS_WITH_AS(pool.backward(Tensor<float, 4>({1, 6, 6, 4}), context),
                       "avg_pool2d: the gradient [1, 6, 6, 4] does not fit the output [1, 4, 2, 4]", ShapeError);
}
