#include <doctest/doctest.h>

#include <pupil/nn/dense.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("dense computes x W^T + b") {
  Rng rng(1);
  Dense<double> dense({.in_features = 2, .out_features = 3}, rng);
  dense.visit([](const Name& name, auto& parameter) {
    if (name.str() == "weight") std::copy_n(std::array{1., 2., 3., 4., 5., 6.}.begin(), 6, parameter.value.begin());
    if (name.str() == "bias") std::copy_n(std::array{10., 20., 30.}.begin(), 3, parameter.value.begin());
  });
  CHECK(dense.forward(Tensor<double, 2>({1, 2}, {1, -1})) == Tensor<double, 2>({1, 3}, {9, 19, 29}));
}

TEST_CASE("dense gradients agree with differences") {
  Rng rng(2);
  for (const bool bias : {true, false}) {
    for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{3, 2, 5}, Shape{2, 9, 7}}) {
      CAPTURE(shape);
      const Dense<double> dense({.in_features = shape[2], .out_features = 4, .bias = bias}, rng);
      check_gradients(dense, random_tensor<double>(shape, rng), rng);
    }
  }
}

TEST_CASE("dense inference gives what training gives") {
  Rng rng(3);
  Dense<float> dense({.in_features = 17, .out_features = 5}, rng);
  const auto x = random_tensor<float>(Shape{4, 17}, rng);
  Dense<float>::Context context;
  CHECK(std::as_const(dense).forward(x) == dense.forward(x, context));
}

TEST_CASE("dense names both sides of a shape that does not fit") {
  Rng rng(4);
  Dense<float> dense({.in_features = 3, .out_features = 5}, rng);
  CHECK_THROWS_WITH_AS(dense.forward(Tensor<float, 2>({2, 4})),
                       "dense: input has 4 features, the layer was made for 3 (input [2, 4])", ShapeError);
  CHECK_THROWS_WITH_AS(Dense<float>({.in_features = 3}, rng),
                       "dense: cannot map 3 features to 0, each must be at least 1", OptionError);
}
