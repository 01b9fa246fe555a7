
#include <doctest/doctest.h>

#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("adaptive average pooling gradients agree with differences") {
  Rng rng(1);
  for (const Size2d size : {Size2d(1), Size2d(2), Size2d(3, 4), Size2d(7, 1)}) {
    CAPTURE(size);
    for (const Shape<4> shape : {Shape{1, 1, 1, 1}, Shape{2, 7, 5, 3}, Shape{1, 2, 4, 2}}) {
      CAPTURE(shape);
      check_gradients(AdaptiveAvgPool2d<double>({.output_size = size}), random_tensor<double>(shape, rng), rng);
    }
  }
}

TEST_CASE_TEMPLATE("adaptive average pooling computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("pooling");
  const auto check = [&](const std::string& name, const Size2d& size) {
    check_golden_layer<T, 4, 4>(file, name, AdaptiveAvgPool2d<T>({.output_size = size}));
  };
  check("adaptive one", 1);
  check("adaptive", {3, 4});
  check("adaptive divided", 2);
  check("adaptive larger", {7, 3});
}

TEST_CASE("adaptive average pooling to one pixel is global average pooling") {
  Rng rng(2);
  const auto x = random_tensor<double>(Shape{2, 5, 4, 3}, rng);
  CHECK(relative_difference(AdaptiveAvgPool2d<double>({}).forward(x).reshaped(Shape{2, 3}),
                            GlobalAvgPool2d<double>().forward(x)) < 1e-14);
}

TEST_CASE("adaptive average pooling gives the same bits in training") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{3, 37, 29, 33}, rng);
  const AdaptiveAvgPool2d<float> pool({.output_size = {7, 5}});
  AdaptiveAvgPool2d<float>::Context context;
  CHECK(pool.forward(x) == pool.forward(x, context));
}

TEST_CASE("adaptive average pooling may be used twice in one model") {
  Rng rng(4);
  check_used_twice(AdaptiveAvgPool2d<float>({.output_size = 2}), random_tensor<float>(Shape{2, 7, 5, 3}, rng),
                   random_tensor<float>(Shape{1, 3, 4, 2}, rng));
}

TEST_CASE("adaptive average pooling names what does not fit") {
  CHECK_THROWS_WITH_AS(AdaptiveAvgPool2d<float>({.output_size = {2, 0}}),
                       "adaptive_avg_pool2d: output_size is (2, 0), not at least 1", OptionError);
  const AdaptiveAvgPool2d<float> pool({.output_size = {2, 3}});
  CHECK_THROWS_WITH_AS(pool.forward(Tensor<float, 4>({1, 2, 0, 4})),
                       "adaptive_avg_pool2d: the input [1, 2, 0, 4] has no pixels", ShapeError);
  AdaptiveAvgPool2d<float>::Context context;
  pool.forward(Tensor<float, 4>({1, 6, 6, 4}), context);
  CHECK_THROWS_WITH_AS(pool.backward(Tensor<float, 4>({1, 3, 2, 4}), context),
                       "adaptive_avg_pool2d: the gradient [1, 3, 2, 4] does not fit the output [1, 2, 3, 4]",
                       ShapeError);
}
