#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/prelu.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer whose weights are all different.
template <class T>
PRelu<T> random_prelu(Index num_parameters, Rng& rng) {
  PRelu<T> layer({.num_parameters = num_parameters});
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

}  // namespace

TEST_CASE("prelu lets through what its weights say of what is below 0") {
  const Tensor<double, 2> x({2, 3}, {-4, 0, 4, -8, -2, 1});
  CHECK(PRelu<double>().forward(x) == Tensor<double, 2>({2, 3}, {-1, 0, 4, -2, -0.5, 1}));
  PRelu<double> each({.num_parameters = 3, .init = 0.5});
  for_each_parameter(each, [](const Name& name, auto& p) {
    CHECK(name == "weight");
    p.value[1] = -1;
  });
  CHECK(each.forward(x) == Tensor<double, 2>({2, 3}, {-2, 0, 4, -4, 2, 1}));
}

TEST_CASE_TEMPLATE("prelu computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("more_activations");
  check_golden_layer<T, 3, 3>(file, "prelu", PRelu<T>());
  check_golden_layer<T, 3, 3>(file, "prelu each", PRelu<T>({.num_parameters = 5}));
}

TEST_CASE("a prelu of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(fixture("more_activations"), "prelu each/state/", PRelu<double>({.num_parameters = 5}));
}

TEST_CASE("prelu gradients agree with differences") {
  Rng rng(1);
  check_gradients(random_prelu<double>(1, rng), random_tensor<double>(Shape{1}, rng), rng);
  check_gradients(random_prelu<double>(1, rng), random_tensor<double>(Shape{3, 1, 7}, rng), rng);
  check_gradients(random_prelu<double>(7, rng), random_tensor<double>(Shape{3, 7}, rng), rng);
  check_gradients(random_prelu<double>(37, rng), random_tensor<double>(Shape{2, 5, 37}, rng), rng);
}

TEST_CASE("prelu gives the same bits in training, in the memory of what is moved in") {
  Rng rng(2);
  for (const Index count : {Index{1}, Index{1001}}) {
    auto layer = random_prelu<float>(count, rng);
    auto x = random_tensor<float>(Shape{3, 1001}, rng);
    PRelu<float>::Context context;
    const auto inferred = std::as_const(layer).forward(x);
    const float* const memory = x.data();
    x = layer.forward(std::move(x), context);
    CHECK(x == inferred);
    CHECK(x.data() == memory);
    CHECK(layer.backward(std::move(x), context).data() == memory);
  }
}

TEST_CASE("prelu hands a NaN on") {
  Tensor<float, 1> x({33});
  x[32] = std::numeric_limits<float>::quiet_NaN();
  const PRelu<float> layer;
  CHECK(std::isnan(layer.forward(x)[32]));
  CHECK(layer.forward(x)[31] == 0);
}

TEST_CASE("prelu may be used twice in one model") {
  Rng rng(3);
  check_used_twice(random_prelu<float>(3, rng), random_tensor<float>(Shape{6, 3}, rng),
                   random_tensor<float>(Shape{2, 3}, rng));
}

TEST_CASE("prelu names what does not fit") {
  CHECK_THROWS_WITH_AS(PRelu<float>({.num_parameters = 0}), "prelu: num_parameters is 0, not at least 1", OptionError);
  PRelu<float> layer({.num_parameters = 2});
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 3>({4, 2, 3})),
                       "prelu: input has 3 features, the layer has 2 weights (input [4, 2, 3])", ShapeError);
  PRelu<float>::Context context;
  layer.forward(Tensor<float, 2>({4, 2}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 2>({5, 2}), context),
                       "prelu: the gradient [5, 2] does not fit the output of 8 elements", ShapeError);
}
