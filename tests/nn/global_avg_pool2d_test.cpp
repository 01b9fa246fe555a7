
#include <doctest/doctest.h>

#include <pupil/nn/global_avg_pool2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("global average pooling gives the mean of every channel of every image") {
  const Tensor<double, 4> x({2, 1, 2, 2}, {1, 10, 3, 30, 5, -4, 6, 4});
  CHECK(GlobalAvgPool2d<double>().forward(x) == Tensor<double, 2>({2, 2}, {2, 20, 5.5, 0}));
}

TEST_CASE("global average pooling gradients agree with differences") {
  Rng rng(1);
  for (const Shape<4> shape : {Shape{1, 1, 1, 1}, Shape{3, 1, 1, 2}, Shape{2, 5, 3, 7}}) {
    CAPTURE(shape);
    check_gradients(GlobalAvgPool2d<double>(), random_tensor<double>(shape, rng), rng);
  }
}

TEST_CASE_TEMPLATE("global average pooling computes what PyTorch computes", T, float, double) {
  check_golden_layer<T, 4, 2>(fixture("pooling"), "global", GlobalAvgPool2d<T>());
}

TEST_CASE("global average pooling gives the same bits in training") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{5, 7, 7, 33}, rng);
  const GlobalAvgPool2d<float> pool;
  GlobalAvgPool2d<float>::Context context;
  CHECK(pool.forward(x) == pool.forward(x, context));
}

TEST_CASE("global average pooling names what does not fit") {
  const GlobalAvgPool2d<float> pool;
  CHECK_THROWS_WITH_AS(pool.forward(Tensor<float, 4>({2, 0, 3, 1})),
                       "global_avg_pool2d: the input [2, 0, 3, 1] has no pixels", ShapeError);
  GlobalAvgPool2d<float>::Context context;
  pool.forward(Tensor<float, 4>({2, 3, 3, 4}), context);
  CHECK_THROWS_WITH_AS(pool.backward(Tensor<float, 2>({2, 3}), context),
                       "global_avg_pool2d: the gradient [2, 3] does not fit the output [2, 4]", ShapeError);
}
