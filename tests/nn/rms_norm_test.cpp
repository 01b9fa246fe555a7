#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/rms_norm.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer with weights and biases other than 1 and 0.
template <class T>
RmsNorm<T> random_rms_norm(const RmsNormOptions& options, Rng& rng) {
  RmsNorm<T> layer(options);
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

std::vector<std::string> rms_norm_names(RmsNorm<float> layer) {
  std::vector<std::string> all;
  layer.visit([&](const Name& name, auto&) { all.push_back(name.str()); });
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("RMS norm computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("transformer");
  check_golden_layer<T, 3, 3>(file, "rms", RmsNorm<T>({.normalized_shape = 21}));
  check_golden_layer<T, 2, 2>(file, "rms options", RmsNorm<T>({.normalized_shape = 5, .epsilon = 0.1}));
  check_golden_layer<T, 3, 3>(file, "rms without affine",
                              RmsNorm<T>({.normalized_shape = 6, .epsilon = 1e-3, .elementwise_affine = false}));
}

TEST_CASE("an RMS norm of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(fixture("transformer"), "rms/state/", RmsNorm<double>({.normalized_shape = 21}));
}

TEST_CASE("RMS norm gradients agree with differences") {
  Rng rng(1);
  for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{1, 1, 5}, Shape{3, 2, 4}, Shape{2, 3, 37}}) {
    CAPTURE(shape);
    const auto x = random_tensor<double>(shape, rng);
    check_gradients(random_rms_norm<double>({.normalized_shape = shape[2]}, rng), x, rng);
    check_gradients(random_rms_norm<double>({.normalized_shape = shape[2], .epsilon = 0.3}, rng), x, rng);
    check_gradients(random_rms_norm<double>({.normalized_shape = shape[2], .elementwise_affine = false}, rng), x, rng);
  }
  check_gradients(random_rms_norm<double>({.normalized_shape = 3}, rng), random_tensor<double>(Shape{3}, rng), rng);
}

TEST_CASE("RMS norm makes the mean of squares 1") {
  RmsNorm<double> layer({.normalized_shape = 4});
  const Tensor<double, 2> x({2, 4}, {1, 1, 1, -1, 3, 0, -4, 5});
  const auto y = layer.forward(x);
  const double root = std::sqrt(50. / 4);
  CHECK(relative_difference(y, Tensor<double, 2>({2, 4}, {1, 1, 1, -1, 3 / root, 0, -4 / root, 5 / root})) < 1e-14);
  CHECK(layer.forward(Tensor<double, 2>({1, 4})) == Tensor<double, 2>({1, 4}));
}

TEST_CASE("RMS norm has the parameters that its options say") {
  CHECK(rms_norm_names(RmsNorm<float>({.normalized_shape = 2})) == std::vector<std::string>{"weight"});
  CHECK(rms_norm_names(RmsNorm<float>({.normalized_shape = 2, .elementwise_affine = false})).empty());
}

TEST_CASE("RMS norm works in the memory of the gradient that is moved in") {
  Rng rng(2);
  RmsNorm<float> layer({.normalized_shape = 5});
  RmsNorm<float>::Context context;
  auto dy = layer.forward(random_tensor<float>(Shape{2, 5}, rng), context);
  const float* const memory = dy.data();
  CHECK(layer.backward(std::move(dy), context).data() == memory);
}

TEST_CASE("RMS norm gives the same bits in training") {
  Rng rng(3);
  auto layer = random_rms_norm<float>({.normalized_shape = 70}, rng);
  const auto x = random_tensor<float>(Shape{31, 53, 70}, rng);
  RmsNorm<float>::Context context;
  CHECK(layer.forward(x, context) == std::as_const(layer).forward(x));
}

TEST_CASE("RMS norm may be used twice in one model") {
  Rng rng(4);
  check_used_twice(random_rms_norm<float>({.normalized_shape = 3}, rng), random_tensor<float>(Shape{6, 3}, rng),
                   random_tensor<float>(Shape{2, 3}, rng));
}

TEST_CASE("RMS norm names what does not fit") {
  CHECK_THROWS_WITH_AS(RmsNorm<float>({}), "rms_norm: cannot normalize 0 features, there must be at least 1",
                       OptionError);
  CHECK_THROWS_WITH_AS(RmsNorm<float>({.normalized_shape = 2, .epsilon = 0}), "rms_norm: the epsilon 0 is not positive",
                       OptionError);
  RmsNorm<float> layer({.normalized_shape = 2});
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 3>({4, 2, 3})),
                       "rms_norm: input has 3 features, the layer was made for 2 (input [4, 2, 3])", ShapeError);
  RmsNorm<float>::Context context;
  layer.forward(Tensor<float, 3>({4, 1, 2}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 3>({4, 2, 2}), context),
                       "rms_norm: the gradient [4, 2, 2] does not fit the output [4, 2]", ShapeError);
}
