#include <cmath>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/softmax.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("softmax gives probabilities, and log softmax their logarithms") {
  const Tensor<double, 2> x({2, 2}, {0, std::log(3), 5, 5});
  CHECK(relative_difference(Softmax<double>().forward(x), Tensor<double, 2>({2, 2}, {0.25, 0.75, 0.5, 0.5})) < 1e-15);
  auto logarithms = LogSoftmax<double>().forward(x);
  for (double& value : logarithms) value = std::exp(value);
  CHECK(relative_difference(logarithms, Tensor<double, 2>({2, 2}, {0.25, 0.75, 0.5, 0.5})) < 1e-15);
}

TEST_CASE_TEMPLATE("softmax layers compute what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("activations");
  check_golden_layer<T, 3, 3>(file, "softmax", Softmax<T>());
  check_golden_layer<T, 3, 3>(file, "log_softmax", LogSoftmax<T>());
}

TEST_CASE_TEMPLATE("softmax layer gradients agree with differences", Layer, Softmax<double>, LogSoftmax<double>) {
  Rng rng(1);
  check_gradients(Layer(), random_tensor<double>(Shape{1}, rng), rng);
  check_gradients(Layer(), random_tensor<double>(Shape{4, 1}, rng), rng);
  check_gradients(Layer(), random_tensor<double>(Shape{2, 3, 17}, rng), rng);
}

TEST_CASE_TEMPLATE("softmax layers in inference give what training gives, in the memory of what is moved in", Layer,
                   Softmax<float>, LogSoftmax<float>) {
  Rng rng(2);
  auto x = random_tensor<float>(Shape{3, 101}, rng);
  const float* const memory = x.data();
  Layer layer;
  typename Layer::Context context;
  const auto inferred = std::as_const(layer).forward(x);
  x = layer.forward(std::move(x), context);
  CHECK(x == inferred);
  CHECK(x.data() == memory);
  CHECK(layer.backward(std::move(x), context).data() == memory);
}

TEST_CASE_TEMPLATE("a softmax layer used twice keeps two contexts apart", Layer, Softmax<double>, LogSoftmax<double>) {
  Rng rng(3);
  const auto x = random_tensor<double>(Shape{2, 5}, rng);
  const auto dy = random_tensor<double>(Shape{2, 5}, rng);
  Layer layer;
  typename Layer::Context alone;
  typename Layer::Context first;
  typename Layer::Context second;
  layer.forward(x, alone);
  layer.forward(x, first);
  layer.forward(random_tensor<double>(Shape{3, 5}, rng), second);
  CHECK(layer.backward(dy, first) == layer.backward(dy, alone));
}

TEST_CASE("softmax layers name a gradient that does not fit") {
  Softmax<float> softmax;
  Softmax<float>::Context context;
  softmax.forward(Tensor<float, 2>({2, 3}), context);
  CHECK_THROWS_WITH_AS(softmax.backward(Tensor<float, 2>({3, 2}), context),
                       "softmax: the gradient [3, 2] does not fit the output [2, 3]", ShapeError);
  CHECK_THROWS_WITH_AS(LogSoftmax<float>().backward(Tensor<float, 2>({3, 2}), {}),
                       "log_softmax: backward needs the context of a forward, and this one holds none", ContextError);
}
