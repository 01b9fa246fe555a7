#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/layer_norm.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer with weights and biases other than 1 and 0.
template <class T>
LayerNorm<T> random_layer_norm(const LayerNormOptions& options, Rng& rng) {
  LayerNorm<T> layer(options);
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

std::vector<std::string> layer_norm_names(LayerNorm<float> layer) {
  std::vector<std::string> all;
  layer.visit([&](const Name& name, auto&) { all.push_back(name.str()); });
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("layer norm computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("normalization");
  check_golden_layer<T, 3, 3>(file, "layer", LayerNorm<T>({.normalized_shape = 21}));
  check_golden_layer<T, 2, 2>(file, "layer one row", LayerNorm<T>({.normalized_shape = 5, .epsilon = 0.1}));
  check_golden_layer<T, 3, 3>(file, "layer without affine",
                              LayerNorm<T>({.normalized_shape = 6, .elementwise_affine = false}));
}

TEST_CASE("a layer norm of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(fixture("normalization"), "layer/state/", LayerNorm<double>({.normalized_shape = 21}));
}

TEST_CASE("layer norm gradients agree with differences") {
  Rng rng(1);
  for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{1, 1, 5}, Shape{3, 2, 4}, Shape{2, 3, 37}}) {
    CAPTURE(shape);
    const auto x = random_tensor<double>(shape, rng);
    check_gradients(random_layer_norm<double>({.normalized_shape = shape[2]}, rng), x, rng);
    check_gradients(random_layer_norm<double>({.normalized_shape = shape[2], .bias = false}, rng), x, rng);
    check_gradients(random_layer_norm<double>({.normalized_shape = shape[2], .elementwise_affine = false}, rng), x,
                    rng);
  }
  check_gradients(random_layer_norm<double>({.normalized_shape = 3}, rng), random_tensor<double>(Shape{3}, rng), rng);
}

TEST_CASE("layer norm has the parameters that its options say") {
  CHECK(layer_norm_names(LayerNorm<float>({.normalized_shape = 2})) == std::vector<std::string>{"weight", "bias"});
  CHECK(layer_norm_names(LayerNorm<float>({.normalized_shape = 2, .bias = false})) ==
        std::vector<std::string>{"weight"});
  CHECK(layer_norm_names(LayerNorm<float>({.normalized_shape = 2, .elementwise_affine = false})).empty());
}

TEST_CASE("layer norm works in the memory of the gradient that is moved in") {
  Rng rng(2);
  LayerNorm<float> layer({.normalized_shape = 5});
  LayerNorm<float>::Context context;
  auto dy = layer.forward(random_tensor<float>(Shape{2, 5}, rng), context);
  const float* const memory = dy.data();
  CHECK(layer.backward(std::move(dy), context).data() == memory);
}

TEST_CASE("layer norm gives the same bits in training") {
  Rng rng(3);
  auto layer = random_layer_norm<float>({.normalized_shape = 70}, rng);
  const auto x = random_tensor<float>(Shape{31, 53, 70}, rng);
  LayerNorm<float>::Context context;
  CHECK(layer.forward(x, context) == std::as_const(layer).forward(x));
}

TEST_CASE("layer norm may be used twice in one model") {
  Rng rng(4);
  check_used_twice(random_layer_norm<float>({.normalized_shape = 3}, rng), random_tensor<float>(Shape{6, 3}, rng),
                   random_tensor<float>(Shape{2, 3}, rng));
}

TEST_CASE("layer norm names what does not fit") {
  CHECK_THROWS_WITH_AS(LayerNorm<float>({}), "layer_norm: cannot normalize 0 features, there must be at least 1",
                       OptionError);
  CHECK_THROWS_WITH_AS(LayerNorm<float>({.normalized_shape = 2, .epsilon = 0}),
                       "layer_norm: the epsilon 0 is not positive", OptionError);
  LayerNorm<float> layer({.normalized_shape = 2});
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 3>({4, 2, 3})),
                       "layer_norm: input has 3 features, the layer was made for 2 (input [4, 2, 3])", ShapeError);
  LayerNorm<float>::Context context;
  layer.forward(Tensor<float, 3>({4, 1, 2}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 3>({4, 2, 2}), context),
                       "layer_norm: the gradient [4, 2, 2] does not fit the output [4, 2]", ShapeError);
}
