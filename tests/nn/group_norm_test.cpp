#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/group_norm.hpp>
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
GroupNorm<T> random_group_norm(const GroupNormOptions& options, Rng& rng) {
  GroupNorm<T> layer(options);
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

}  // namespace

TEST_CASE_TEMPLATE("group norm computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("normalization");
  check_golden_layer<T, 4, 4>(file, "group", GroupNorm<T>({.num_groups = 2, .num_channels = 6}));
  check_golden_layer<T, 4, 4>(file, "group one", GroupNorm<T>({.num_groups = 1, .num_channels = 4, .epsilon = 0.1}));
  check_golden_layer<T, 4, 4>(file, "group each", GroupNorm<T>({.num_groups = 5, .num_channels = 5, .affine = false}));
  check_golden_layer<T, 3, 3>(file, "group sequences", GroupNorm<T>({.num_groups = 3, .num_channels = 6}));
}

TEST_CASE("a group norm of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(fixture("normalization"), "group/state/",
                           GroupNorm<double>({.num_groups = 2, .num_channels = 6}));
}

TEST_CASE("group norm gradients agree with differences") {
  Rng rng(1);
  for (const Shape<4> shape : {Shape{1, 1, 1, 6}, Shape{2, 3, 1, 6}, Shape{2, 4, 5, 6}}) {
    for (const Index groups : {1, 2, 6}) {
      CAPTURE(shape);
      CAPTURE(groups);
      const auto x = random_tensor<double>(shape, rng);
      check_gradients(random_group_norm<double>({.num_groups = groups, .num_channels = 6}, rng), x, rng);
      check_gradients(GroupNorm<double>({.num_groups = groups, .num_channels = 6, .affine = false}), x, rng);
    }
  }
  check_gradients(random_group_norm<double>({.num_groups = 2, .num_channels = 4}, rng),
                  random_tensor<double>(Shape{3, 4}, rng), rng);
}

TEST_CASE("one group over images of one pixel is layer norm") {
  Rng rng(2);
  const auto x = random_tensor<double>(Shape{5, 1, 1, 7}, rng);
  CHECK(relative_difference(GroupNorm<double>({.num_groups = 1, .num_channels = 7}).forward(x),
                            LayerNorm<double>({.normalized_shape = 7}).forward(x)) < 1e-12);
}

TEST_CASE("group norm has parameters unless it is told not to") {
  GroupNorm<float> with({.num_groups = 2, .num_channels = 4});
  GroupNorm<float> without({.num_groups = 2, .num_channels = 4, .affine = false});
  std::vector<std::string> names;
  with.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
  CHECK(names == std::vector<std::string>{"weight", "bias"});
  CHECK(count_parameters(without) == 0);
}

TEST_CASE("group norm gives the same bits in training") {
  Rng rng(3);
  auto layer = random_group_norm<float>({.num_groups = 4, .num_channels = 24}, rng);
  const auto x = random_tensor<float>(Shape{5, 41, 53, 24}, rng);
  GroupNorm<float>::Context context;
  CHECK(layer.forward(x, context) == std::as_const(layer).forward(x));
}

TEST_CASE("group norm may be used twice in one model") {
  Rng rng(4);
  check_used_twice(random_group_norm<float>({.num_groups = 2, .num_channels = 4}, rng),
                   random_tensor<float>(Shape{2, 3, 5, 4}, rng), random_tensor<float>(Shape{1, 2, 2, 4}, rng));
}

TEST_CASE("group norm names what does not fit") {
  CHECK_THROWS_WITH_AS(GroupNorm<float>({}),
                       "group_norm: cannot normalize 0 channels in 0 groups, each must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(GroupNorm<float>({.num_groups = 4, .num_channels = 6}),
                       "group_norm: 4 groups do not divide 6 channels", OptionError);
  CHECK_THROWS_WITH_AS(GroupNorm<float>({.num_groups = 1, .num_channels = 2, .epsilon = -1}),
                       "group_norm: the epsilon -1 is not positive", OptionError);
  GroupNorm<float> layer({.num_groups = 1, .num_channels = 2});
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 4>({1, 2, 2, 3})),
                       "group_norm: input has 3 channels, the layer was made for 2 (input [1, 2, 2, 3])", ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 4>({1, 2, 0, 2})),
                       "group_norm: the input [1, 2, 0, 2] has no pixels", ShapeError);
  GroupNorm<float>::Context context;
  layer.forward(Tensor<float, 4>({1, 2, 2, 2}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 4>({1, 2, 1, 2}), context),
                       "group_norm: the gradient [1, 2, 1, 2] does not fit the output [4, 2]", ShapeError);
}
