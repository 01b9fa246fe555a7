#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_arithmetic.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/add.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// As "add" in the fixture.
template <class T>
auto three_added(Rng& rng) {
  const Conv2dOptions wide{.in_channels = 3, .out_channels = 2, .kernel_size = 3, .padding = 1};
  return Add{Conv2d<T>(wide, rng), Conv2d<T>({.in_channels = 3, .out_channels = 2}, rng),
             Sequential{Conv2d<T>(wide, rng), Sigmoid<T>()}};
}

}  // namespace

TEST_CASE_TEMPLATE("an add computes what PyTorch computes", T, float, double) {
  Rng rng(1);
  check_golden_layer<T, 4, 4>(fixture("branches"), "add", three_added<T>(rng));
}

TEST_CASE("an add of PyTorch's is saved as it was loaded") {
  Rng rng(2);
  check_state_dict_returns(fixture("branches"), "add/state/", three_added<double>(rng));
}

TEST_CASE("add gradients agree with differences") {
  Rng rng(3);
  const auto rows = random_tensor<double>(Shape{4, 3}, rng);
  const Dense<double> dense({.in_features = 3, .out_features = 3}, rng);
  check_gradients(Add{dense}, rows, rng);
  check_gradients(Add{dense, Identity(), Tanh<double>(), Dropout<double>({}, rng)}, rows, rng);
  check_gradients(Add{Identity(), Add{Sigmoid<double>(), dense}}, rows, rng);
  check_gradients(three_added<double>(rng), random_tensor<double>(Shape{2, 3, 4, 3}, rng), rng);
}

TEST_CASE("an add gives the same bits in training, also of what is moved in") {
  Rng rng(4);
  Add layer{Relu<float>(), Dense<float>({.in_features = 7, .out_features = 7}, rng), Tanh<float>()};
  const auto x = random_tensor<float>(Shape{5, 7}, rng);
  const auto expected = std::as_const(layer).forward(x);
  CHECK(expected == layer.get<0>().forward(x) + layer.get<1>().forward(x) + layer.get<2>().forward(x));
  decltype(layer)::Context context;
  CHECK(layer.forward(Tensor(x), context) == expected);
  CHECK(std::as_const(layer).forward(Tensor(x)) == expected);
  const auto dx = layer.backward(x, context);
  CHECK(layer.backward(Tensor(x), context) == dx);
}

TEST_CASE("an add may be used twice in one model") {
  Rng rng(5);
  check_used_twice(three_added<float>(rng), random_tensor<float>(Shape{2, 4, 5, 3}, rng),
                   random_tensor<float>(Shape{1, 3, 3, 3}, rng));
}

TEST_CASE("embeddings can be added, and tokens have no gradient") {
  Rng rng(6);
  const EmbeddingOptions options{.num_embeddings = 5, .embedding_dim = 3};
  Add layer{Embedding<float>(options, rng), Embedding<float>(options, rng)};
  const Tensor<std::int32_t, 1> tokens({2}, {4, 1});
  decltype(layer)::Context context;
  const auto y = layer.forward(tokens, context);
  CHECK(y == layer.get<0>().forward(tokens) + layer.get<1>().forward(tokens));
  static_assert(std::is_void_v<decltype(layer.backward(y, context))>);
  layer.backward(y, context);
  layer.backward_parameters(y, context);
  for_each_parameter(layer, [&](const Name&, auto& parameter) { CHECK(parameter.gradient[4 * 3] == 2 * y[0]); });
}

TEST_CASE("an add numbers its branches, and lists their layers") {
  Rng rng(7);
  Sequential net{three_added<float>(rng), Add{Tanh<float>(), Identity()}};
  std::vector<std::string> names;
  net.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
  CHECK(names ==
        std::vector<std::string>{"0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias", "0.2.0.weight", "0.2.0.bias"});
  std::vector<std::string> lines;
  const ModelSummary table = summary(net, Shape{1, 4, 5, 3});
  for (const LayerSummary& line : table.layers()) lines.push_back(line.name + " " + line.output_shape);
  CHECK(lines == std::vector<std::string>{"0.0 [1, 4, 5, 2]", "0.1 [1, 4, 5, 2]", "0.2.0 [1, 4, 5, 2]",
                                          "0.2.1 [1, 4, 5, 2]", "1.0 [1, 4, 5, 2]", "1.1 [1, 4, 5, 2]"});
}

TEST_CASE("an add in braces is nested, and one behind an equals sign is copied") {
  const Add inner{Tanh<float>(), Identity()};
  const Add nested{inner};
  static_assert(std::is_same_v<decltype(nested), const Add<Add<Tanh<float>, Identity>>>);
  const Add copy = inner;
  static_assert(std::is_same_v<decltype(copy), decltype(inner)>);
}

TEST_CASE("an add names what does not fit, and empties a context that it cannot use") {
  Rng rng(8);
  Add layer{Identity(), Tanh<float>(), Dense<float>({.in_features = 3, .out_features = 4}, rng)};
  const Tensor<float, 2> x({2, 3});
  const char* const text = "add: branch 0 gives [2, 3] and branch 2 [2, 4], which have no sum";
  decltype(layer)::Context context;
  CHECK_THROWS_WITH_AS(std::as_const(layer).forward(x), text, ShapeError);
  CHECK_THROWS_WITH_AS(summary(layer, x.shape()), text, ShapeError);
  for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH_AS(layer.forward(x, context), text, ShapeError);
}
