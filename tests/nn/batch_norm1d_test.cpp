#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/batch_norm2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer with weights and biases other than 1 and 0.
template <class T>
BatchNorm1d<T> random_batch_norm1d(Index features, Rng& rng) {
  BatchNorm1d<T> layer({.num_features = features});
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

}  // namespace

TEST_CASE_TEMPLATE("batch norm of vectors and of sequences computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("normalization");
  check_golden_layer<T, 2, 2>(file, "batch 1d", BatchNorm1d<T>({.num_features = 5}));
  check_golden_layer<T, 3, 3>(file, "batch 1d sequences",
                              BatchNorm1d<T>({.num_features = 3, .epsilon = 1e-3, .momentum = 0.5}));
}

TEST_CASE("a batch norm of vectors of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(fixture("normalization"), "batch 1d/state/", BatchNorm1d<double>({.num_features = 5}));
}

TEST_CASE("batch norm of vectors and of sequences has gradients that agree with differences") {
  Rng rng(1);
  for (const Shape<2> shape : {Shape{2, 1}, Shape{7, 3}}) {
    CAPTURE(shape);
    check_gradients(random_batch_norm1d<double>(shape[1], rng), random_tensor<double>(shape, rng), rng);
  }
  for (const Shape<3> shape : {Shape{2, 1, 1}, Shape{1, 5, 2}, Shape{3, 4, 5}}) {
    CAPTURE(shape);
    check_gradients(random_batch_norm1d<double>(shape[2], rng), random_tensor<double>(shape, rng), rng);
  }
}

TEST_CASE("batch norm of sequences is that of images of height 1") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 5, 4}, rng);
  BatchNorm1d<float> sequences({.num_features = 4});
  BatchNorm2d<float> images({.num_features = 4});
  BatchNorm1d<float>::Context context;
  BatchNorm2d<float>::Context image_context;
  const auto y = sequences.forward(x, context);
  CHECK(images.forward(x.reshaped(Shape{3, 1, 5, 4}), image_context) == y.reshaped(Shape{3, 1, 5, 4}));
  CHECK(std::as_const(images).forward(x) == std::as_const(sequences).forward(x));
}

TEST_CASE("batch norm of vectors may be used twice in one model") {
  Rng rng(4);
  check_used_twice(random_batch_norm1d<float>(3, rng), random_tensor<float>(Shape{6, 3}, rng),
                   random_tensor<float>(Shape{2, 3}, rng));
}

TEST_CASE("batch norm of vectors speaks of itself by its own name") {
  CHECK_THROWS_WITH_AS(BatchNorm1d<float>({}), "batch_norm1d: cannot normalize 0 features, there must be at least 1",
                       OptionError);
  BatchNorm1d<float> layer({.num_features = 2});
  CHECK_THROWS_WITH_AS(std::as_const(layer).forward(Tensor<float, 2>({1, 3})),
                       "batch_norm1d: input has 3 channels, the layer was made for 2 (input [1, 3])", ShapeError);
  BatchNorm1d<float>::Context context;
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 2>({1, 2}), context),
                       "batch_norm1d: training needs more than one value a channel (input [1, 2])", ShapeError);
  layer.forward(Tensor<float, 2>({4, 2}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 2>({2, 2}), context),
                       "batch_norm1d: the gradient [2, 2] does not fit the output [4, 2]", ShapeError);
}
