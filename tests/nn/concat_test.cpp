#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/concat.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/conv_transpose2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/nn/residual.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

template <class T>
Conv2d<T> conv_in_concat(Index out_channels, Rng& rng) {
  return Conv2d<T>({.in_channels = 3, .out_channels = out_channels, .kernel_size = 3, .padding = 1}, rng);
}

/// As "concat" in the fixture.
template <class T>
auto three_side_by_side(Rng& rng) {
  return Concat{conv_in_concat<T>(2, rng), Identity(), Sequential{conv_in_concat<T>(1, rng), Tanh<T>()}};
}

/// As "nested": a small U-Net.
template <class T>
auto nested_concats(Rng& rng) {
  const ConvTranspose2dOptions enlarge{.in_channels = 6, .out_channels = 2, .kernel_size = 2, .stride = 2};
  return Concat{Identity(),
                Sequential{MaxPool2d<T>({.kernel_size = 2}), Concat{Identity(), Residual{conv_in_concat<T>(3, rng)}},
                           ConvTranspose2d<T>(enlarge, rng)}};
}

}  // namespace

TEST_CASE_TEMPLATE("a concat computes what PyTorch computes", T, float, double) {
  Rng rng(1);
  check_golden_layer<T, 4, 4>(fixture("branches"), "concat", three_side_by_side<T>(rng));
  check_golden_layer<T, 4, 4>(fixture("branches"), "nested", nested_concats<T>(rng));
}

TEST_CASE("a concat of PyTorch's is saved as it was loaded") {
  Rng rng(2);
  check_state_dict_returns(fixture("branches"), "concat/state/", three_side_by_side<double>(rng));
  check_state_dict_returns(fixture("branches"), "nested/state/", nested_concats<double>(rng));
}

TEST_CASE("a concat lays the outputs side by side along the last dimension") {
  const Concat layer{Identity(), Relu<float>()};
  CHECK(layer.forward(Tensor<float, 2>({2, 2}, {1, -2, -3, 4})) ==
        Tensor<float, 2>({2, 4}, {1, -2, 1, 0, -3, 4, 0, 4}));
  CHECK(layer.forward(Tensor<float, 1>({1}, {-1})) == Tensor<float, 1>({2}, {-1, 0}));
}

TEST_CASE("concat gradients agree with differences") {
  Rng rng(3);
  const auto rows = random_tensor<double>(Shape{4, 3}, rng);
  const Dense<double> dense({.in_features = 3, .out_features = 5}, rng);
  check_gradients(Concat{dense}, rows, rng);
  check_gradients(Concat{dense, Identity(), Tanh<double>(), Dropout<double>({}, rng)}, rows, rng);
  check_gradients(Concat{Identity(), Sequential{Concat{Sigmoid<double>(), dense}, Tanh<double>()}}, rows, rng);
  check_gradients(three_side_by_side<double>(rng), random_tensor<double>(Shape{2, 3, 4, 3}, rng), rng);
}

TEST_CASE("a concat gives the same bits in training, also of what is moved in") {
  Rng rng(4);
  auto layer = three_side_by_side<float>(rng);
  const auto x = random_tensor<float>(Shape{2, 9, 11, 3}, rng);
  const auto expected = std::as_const(layer).forward(x);
  decltype(layer)::Context context;
  CHECK(layer.forward(Tensor(x), context) == expected);
  CHECK(std::as_const(layer).forward(Tensor(x)) == expected);
}

TEST_CASE("a concat may be used twice in one model") {
  Rng rng(5);
  check_used_twice(three_side_by_side<float>(rng), random_tensor<float>(Shape{2, 4, 5, 3}, rng),
                   random_tensor<float>(Shape{1, 3, 3, 3}, rng));
}

TEST_CASE("a concat without the gradient of its input has the same gradients of parameters") {
  Rng rng(6);
  auto with_dx = three_side_by_side<double>(rng);
  auto without = with_dx;
  decltype(without)::Context context;
  const auto y = without.forward(random_tensor<double>(Shape{2, 4, 5, 3}, rng), context);
  without.backward_parameters(y, context);
  with_dx.backward(y, context);
  std::vector<std::vector<double>> gradients;
  const auto note = [&](const Name&, auto& parameter) {
    gradients.emplace_back(parameter.gradient.begin(), parameter.gradient.end());
  };
  for_each_parameter(with_dx, note);
  for_each_parameter(without, note);
  REQUIRE(gradients.size() == 8);
  for (std::size_t i = 0; i < 4; ++i) CHECK(gradients[i] == gradients[i + 4]);
  CHECK(gradients[0][0] != 0);
}

TEST_CASE("embeddings can be side by side, and tokens have no gradient") {
  Rng rng(7);
  Concat layer{Embedding<float>({.num_embeddings = 5, .embedding_dim = 3}, rng),
               Embedding<float>({.num_embeddings = 5, .embedding_dim = 1}, rng)};
  decltype(layer)::Context context;
  const auto y = layer.forward(Tensor<std::int32_t, 1>({2}, {4, 1}), context);
  CHECK(y.shape() == Shape{2, 4});
  static_assert(std::is_void_v<decltype(layer.backward(y, context))>);
  layer.backward(y, context);
  std::vector<float> of_token_4;
  for_each_parameter(layer, [&](const Name&, auto& parameter) {
    const float* const row = parameter.gradient.row(4);
    of_token_4.insert(of_token_4.end(), row, row + parameter.gradient.columns());
  });
  CHECK(of_token_4 == std::vector<float>(y.row(0), y.row(1)));
}

TEST_CASE("a concat numbers its branches, and lists their layers") {
  Rng rng(8);
  Sequential net{three_side_by_side<float>(rng), Concat{Tanh<float>(), Identity()}, Relu<float>()};
  std::vector<std::string> names;
  net.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
  CHECK(names == std::vector<std::string>{"0.0.weight", "0.0.bias", "0.2.0.weight", "0.2.0.bias"});
  std::vector<std::string> lines;
  const ModelSummary table = summary(net, Shape{1, 4, 5, 3});
  for (const LayerSummary& line : table.layers()) lines.push_back(line.name + " " + line.output_shape);
  CHECK(lines == std::vector<std::string>{"0.0 [1, 4, 5, 2]", "0.1 [1, 4, 5, 3]", "0.2.0 [1, 4, 5, 1]",
                                          "0.2.1 [1, 4, 5, 1]", "1.0 [1, 4, 5, 6]", "1.1 [1, 4, 5, 6]",
                                          "2 [1, 4, 5, 12]"});
}

TEST_CASE("a concat in braces is nested, and one behind an equals sign is copied") {
  const Concat inner{Tanh<float>(), Identity()};
  const Concat nested{inner};
  static_assert(std::is_same_v<decltype(nested), const Concat<Concat<Tanh<float>, Identity>>>);
  const Concat copy = inner;
  static_assert(std::is_same_v<decltype(copy), decltype(inner)>);
}

TEST_CASE("what is prepared in a concat computes the same") {
  Rng rng(9);
  const auto layer = three_side_by_side<float>(rng);
  const auto x = random_tensor<float>(Shape{2, 9, 11, 3}, rng);
  CHECK(relative_difference(prepare(layer).forward(x), layer.forward(x)) <= 1e-6);
}

TEST_CASE("a concat names what does not fit, and empties a context that it cannot use") {
  Rng rng(10);
  const Conv2dOptions halving{.in_channels = 3, .out_channels = 3, .stride = 2};
  Concat layer{Identity(), Tanh<float>(), Conv2d<float>(halving, rng)};
  const Tensor<float, 4> x({2, 4, 6, 3});
  const char* const text =
      "concat: branch 0 gives [2, 4, 6, 3] and branch 2 [2, 2, 3, 3], which differ in more than the last extent";
  decltype(layer)::Context context;
  CHECK_THROWS_WITH_AS(std::as_const(layer).forward(x), text, ShapeError);
  CHECK_THROWS_WITH_AS(summary(layer, x.shape()), text, ShapeError);
  for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH_AS(layer.forward(x, context), text, ShapeError);

  Concat pair{Identity(), Identity()};
  decltype(pair)::Context of_pair;
  CHECK_THROWS_WITH_AS(pair.backward(x, of_pair),
                       "concat: backward needs the context of a forward, and this one holds none", ContextError);
  pair.forward(x, of_pair);
  CHECK_THROWS_WITH_AS(pair.backward(x, of_pair),
                       "concat: the gradient [2, 4, 6, 3] does not fit the output, which has 48 rows of 6 features",
                       ShapeError);
  CHECK_THROWS_AS(pair.forward(x, of_pair), ContextError);
}
