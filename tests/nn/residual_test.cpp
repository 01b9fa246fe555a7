#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_arithmetic.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
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
Dense<T> dense_in_residual(Index in, Index out, Rng& rng) {
  return Dense<T>({.in_features = in, .out_features = out}, rng);
}

template <class T>
Conv2d<T> conv_in_residual(Index in, Index out, Index size, Rng& rng) {
  return Conv2d<T>({.in_channels = in, .out_channels = out, .kernel_size = size, .padding = size / 2}, rng);
}

/// As "residual" in the fixture.
template <class T>
auto plain_residual(Rng& rng) {
  return Residual{Sequential{conv_in_residual<T>(3, 4, 3, rng), Tanh<T>(), conv_in_residual<T>(4, 3, 3, rng)}};
}

/// As "residual with a shortcut".
template <class T>
auto residual_with_shortcut(Rng& rng) {
  return Residual{Sequential{conv_in_residual<T>(3, 4, 3, rng), Tanh<T>()}, conv_in_residual<T>(3, 4, 1, rng)};
}

}  // namespace

TEST_CASE_TEMPLATE("a residual computes what PyTorch computes", T, float, double) {
  Rng rng(1);
  const SafetensorsFile file = fixture("branches");
  check_golden_layer<T, 4, 4>(file, "residual", plain_residual<T>(rng));
  check_golden_layer<T, 4, 4>(file, "residual with a shortcut", residual_with_shortcut<T>(rng));
}

TEST_CASE("a residual of PyTorch's is saved as it was loaded") {
  Rng rng(2);
  check_state_dict_returns(fixture("branches"), "residual/state/", plain_residual<double>(rng));
  check_state_dict_returns(fixture("branches"), "residual with a shortcut/state/", residual_with_shortcut<double>(rng));
}

TEST_CASE("residual gradients agree with differences") {
  Rng rng(3);
  const auto rows = random_tensor<double>(Shape{4, 3}, rng);
  check_gradients(Residual{dense_in_residual<double>(3, 3, rng)}, rows, rng);
  check_gradients(Residual{dense_in_residual<double>(3, 5, rng), dense_in_residual<double>(3, 5, rng)}, rows, rng);
  check_gradients(Residual{Tanh<double>(), Sigmoid<double>()}, rows, rng);
  check_gradients(Residual{Dropout<double>({.probability = 0.5}, rng)}, rows, rng);
  check_gradients(Sequential{Residual{Residual{dense_in_residual<double>(3, 3, rng)}}, Tanh<double>()}, rows, rng);
  check_gradients(residual_with_shortcut<double>(rng), random_tensor<double>(Shape{2, 3, 4, 3}, rng), rng);
}

TEST_CASE("a residual gives the same bits in training") {
  Rng rng(4);
  auto layer = residual_with_shortcut<float>(rng);
  const auto x = random_tensor<float>(Shape{2, 9, 11, 3}, rng);
  decltype(layer)::Context context;
  CHECK(layer.forward(x, context) == std::as_const(layer).forward(x));
}

TEST_CASE("a residual may be used twice in one model") {
  Rng rng(5);
  check_used_twice(plain_residual<float>(rng), random_tensor<float>(Shape{2, 4, 5, 3}, rng),
                   random_tensor<float>(Shape{1, 3, 3, 3}, rng));
}

TEST_CASE("x goes around the inner layer as it was, whatever the inner layer does to what it is given") {
  Residual layer{Relu<float>()};  // which works in the memory of what is moved in
  const Tensor<float, 1> x({3}, {-2, 1, 0.5F});
  const Tensor<float, 1> expected({3}, {-2, 2, 1});
  decltype(layer)::Context context;
  CHECK(layer.forward(x) == expected);
  CHECK(layer.forward(Tensor(x)) == expected);
  CHECK(layer.forward(Tensor(x), context) == expected);
  CHECK(layer.backward(Tensor<float, 1>({3}, {1, 1, 1}), context) == Tensor<float, 1>({3}, {1, 2, 2}));
}

TEST_CASE("a residual without the gradient of its input has the same gradients of parameters") {
  Rng rng(6);
  auto with_dx = residual_with_shortcut<double>(rng);
  auto without = with_dx;
  const auto x = random_tensor<double>(Shape{2, 4, 5, 3}, rng);
  decltype(without)::Context context;
  const auto y = without.forward(x, context);
  without.backward_parameters(y, context);
  static_assert(std::is_void_v<decltype(without.backward_parameters(y, context))>);
  with_dx.backward(y, context);
  CHECK(with_dx.shortcut().forward(x) == without.shortcut().forward(x));
  std::vector<Tensor<double, 4>> weights;
  const auto note = [&](const Name& name, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter), Parameter<double, 4>&>) {
      weights.push_back(parameter.gradient);
      CAPTURE(name.str());
      CHECK(weights.back() != Tensor<double, 4>(weights.back().shape()));
    }
  };
  for_each_parameter(with_dx, note);
  for_each_parameter(without, note);
  REQUIRE(weights.size() == 4);
  CHECK(weights[0] == weights[2]);
  CHECK(weights[1] == weights[3]);
}

TEST_CASE("a residual names what it visits and lists its layers") {
  Rng rng(7);
  auto layer = residual_with_shortcut<float>(rng);
  std::vector<std::string> names;
  layer.visit([&](const Name& name, auto&) { names.push_back(name.str()); }, Name() / "block");
  CHECK(names == std::vector<std::string>{"block.inner.0.weight", "block.inner.0.bias", "block.shortcut.weight",
                                          "block.shortcut.bias"});

  const ModelSummary table = summary(Sequential{layer, Residual{Tanh<float>()}}, Shape{1, 4, 4, 3});
  std::vector<std::string> lines;
  for (const LayerSummary& line : table.layers()) lines.push_back(line.name + " " + line.output_shape);
  CHECK(lines == std::vector<std::string>{"0.inner.0 [1, 4, 4, 4]", "0.inner.1 [1, 4, 4, 4]", "0.shortcut [1, 4, 4, 4]",
                                          "1.inner [1, 4, 4, 4]"});
}

TEST_CASE("a residual in braces is nested, and one behind an equals sign is copied") {
  const Residual inner{Tanh<float>()};
  const Residual nested{inner};
  static_assert(std::is_same_v<decltype(nested), const Residual<Residual<Tanh<float>>>>);
  const Residual copy = inner;
  static_assert(std::is_same_v<decltype(copy), decltype(inner)>);
  const Tensor<float, 1> x({2}, {0.5F, 2});
  CHECK(copy.forward(x) == inner.forward(x));
  CHECK(nested.forward(x) == inner.forward(x) + x);
}

TEST_CASE("what is prepared in a residual computes the same") {
  Rng rng(8);
  const auto layer = residual_with_shortcut<float>(rng);
  const auto x = random_tensor<float>(Shape{2, 9, 11, 3}, rng);
  CHECK(relative_difference(prepare(layer).forward(x), layer.forward(x)) <= 1e-6);
}

TEST_CASE("a residual names what does not fit, and empties a context that it cannot use") {
  Rng rng(9);
  Residual layer{dense_in_residual<float>(3, 4, rng)};
  const Tensor<float, 2> x({2, 3});
  const char* const text = "residual: the inner layer gives [2, 4] and the shortcut [2, 3], which have no sum";
  decltype(layer)::Context context;
  CHECK_THROWS_WITH_AS(std::as_const(layer).forward(x), text, ShapeError);
  CHECK_THROWS_WITH_AS(summary(layer, x.shape()), text, ShapeError);
  for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH_AS(layer.forward(x, context), text, ShapeError);
}
