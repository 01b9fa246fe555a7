#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/group_norm.hpp>
#include <pupil/nn/instance_norm2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer with weights and biases other than 1 and 0.
template <class T>
InstanceNorm2d<T> random_instance_norm2d(const InstanceNorm2dOptions& options, Rng& rng) {
  InstanceNorm2d<T> layer(options);
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

}  // namespace

TEST_CASE_TEMPLATE("instance norm computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("instance_normalization");
  check_golden_layer<T, 4, 4>(file, "plain", InstanceNorm2d<T>({.num_features = 3}));
  check_golden_layer<T, 4, 4>(file, "affine", InstanceNorm2d<T>({.num_features = 3, .epsilon = 0.1, .affine = true}));
}

TEST_CASE("an instance norm of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(fixture("instance_normalization"), "affine/state/",
                           InstanceNorm2d<double>({.num_features = 3, .affine = true}));
}

TEST_CASE("instance norm gradients agree with differences") {
  Rng rng(1);
  for (const Shape<4> shape : {Shape{1, 2, 2, 1}, Shape{2, 3, 4, 3}, Shape{3, 1, 5, 2}, Shape{1, 1, 1, 2}}) {
    CAPTURE(shape);
    const auto x = random_tensor<double>(shape, rng);
    check_gradients(random_instance_norm2d<double>({.num_features = shape[3], .affine = true}, rng), x, rng);
    check_gradients(InstanceNorm2d<double>({.num_features = shape[3], .epsilon = 0.01}), x, rng);
  }
}

TEST_CASE("instance norm is a group norm whose groups are single channels") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 5, 7, 6}, rng);
  CHECK(InstanceNorm2d<float>({.num_features = 6}).forward(x) ==
        GroupNorm<float>({.num_groups = 6, .num_channels = 6}).forward(x));
}

TEST_CASE("instance norm has weights only where it is affine") {
  InstanceNorm2d<float> plain({.num_features = 2});
  InstanceNorm2d<float> affine({.num_features = 2, .affine = true});
  CHECK(count_parameters(plain) == 0);
  CHECK(count_parameters(affine) == 4);
}

TEST_CASE("instance norm gives the same bits in training, and works in the memory of the gradient that is moved in") {
  Rng rng(3);
  auto layer = random_instance_norm2d<float>({.num_features = 9, .affine = true}, rng);
  const auto x = random_tensor<float>(Shape{3, 17, 13, 9}, rng);
  InstanceNorm2d<float>::Context context;
  auto y = layer.forward(x, context);
  CHECK(y == std::as_const(layer).forward(x));
  const float* const memory = y.data();
  CHECK(layer.backward(std::move(y), context).data() == memory);
}

TEST_CASE("instance norm may be used twice in one model") {
  Rng rng(4);
  check_used_twice(random_instance_norm2d<float>({.num_features = 3, .affine = true}, rng),
                   random_tensor<float>(Shape{2, 4, 3, 3}, rng), random_tensor<float>(Shape{1, 2, 5, 3}, rng));
}

TEST_CASE("instance norm names both sides of every error") {
  using Norm = InstanceNorm2d<float>;
  using Options = InstanceNorm2dOptions;
  const Norm norm({.num_features = 3});
  const Norm other({.num_features = 2});
  check_errors({
      {"no channels", made_with<Norm>(Options{}), typeid(OptionError),
       "instance_norm2d: cannot normalize 0 channels, there must be at least 1"},
      {"epsilon", made_with<Norm>(Options{.num_features = 2, .epsilon = 0}), typeid(OptionError),
       "instance_norm2d: the epsilon 0 is not positive"},
      {"channels", every_pass(norm, Images({2, 4, 5, 4})), typeid(ShapeError),
       "instance_norm2d: input has 4 channels, the layer was made for 3 (input [2, 4, 5, 4])"},
      {"image without pixels", every_pass(norm, Images({2, 0, 5, 3})), typeid(ShapeError),
       "instance_norm2d: the input [2, 0, 5, 3] has no pixels"},
      {"gradient", backward_of(norm, Images({2, 4, 5, 3}), Images({2, 5, 4, 3})), typeid(ShapeError),
       "instance_norm2d: the gradient [2, 5, 4, 3] does not fit the output [2, 4, 5, 3]"},
      {"empty context", backward_of_nothing(norm, Images({2, 4, 5, 3})), typeid(ContextError),
       "instance_norm2d: backward needs the context of a forward, and this one holds none"},
      {"context of another layer", backward_by_another(other, Images({2, 4, 5, 2}), norm, Images({2, 4, 5, 2})),
       typeid(ShapeError), "instance_norm2d: the context has 2 channels, the layer was made for 3"},
  });
}
