#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/precision.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr Precision all_precisions[] = {Precision::highest, Precision::high, Precision::medium};

/// The output of a layer, or its sequence of outputs.
template <class Output>
auto tensor_of(const Output& y) {
  if constexpr (requires { y.output; }) {
    return y.output;
  } else {
    return y;
  }
}

/// How far a prepared layer may be from the layer itself.
struct Tolerances {
  double medium = 0;
  double otherwise = 0;
};

/// Of few rows, which are rounded at medium precision.
constexpr Tolerances few_rows_of_a_recurrence{.medium = 2e-2};
/// Of few rows that are multiplied in another order.
constexpr Tolerances few_rows_of_dense{.medium = 2e-2, .otherwise = 5e-6};

template <class Model>
void clear_weights(Model& model) {
  for_each_parameter(model, [](const Name&, auto& parameter) { parameter.value.fill(0); });
}

/// Checks that a prepared layer gives what the layer gives, also once the layer's weights are others, and that a copy
/// of what was prepared is a layer as any other.
template <class Layer, std::size_t Rank>
void check_preparing(Layer layer, const Tensor<float, Rank>& x, const Tolerances& tolerances = {}) {
  for (const Precision precision : all_precisions) {
    CAPTURE(precision_name(precision));
    const PrecisionScope scope(precision);
    const auto expected = tensor_of(std::as_const(layer).forward(x));
    const auto prepared = prepare(layer);
    const auto y = tensor_of(prepared.forward(x));
    CHECK(relative_difference(y, expected) <=
          (precision_in_use() == Precision::medium ? tolerances.medium : tolerances.otherwise));
    const std::remove_cvref_t<decltype(y)> zeros(y.shape());

    clear_weights(layer);
    CHECK(tensor_of(std::as_const(layer).forward(x)) == zeros);
    CHECK(tensor_of(prepared.forward(x)) == y);

    Layer copy = *prepared;
    CHECK(tensor_of(std::as_const(copy).forward(x)) == expected);
    clear_weights(copy);
    CHECK(tensor_of(std::as_const(copy).forward(x)) == zeros);
    layer = *prepared;
    CHECK(tensor_of(std::as_const(layer).forward(x)) == expected);
  }
}

Conv2d<float> make_conv(Rng& rng) {
  return Conv2d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3, .padding = 1}, rng);
}

/// Sets the weights of all convolutions to zero, which nobody can who has no const_cast.
template <class Model>
void clear_filters(const Prepared<Model>& prepared) {
  for_each_parameter(*prepared, []<class Item>(const Name&, const Item& parameter) {
    if constexpr (std::is_same_v<Item, Parameter<float, 4>>) const_cast<Item&>(parameter).value.fill(0);
  });
}

}  // namespace

TEST_CASE("prepared layers give what the layers give, whatever becomes of these") {
  Rng rng(21);
  SUBCASE("Conv2d") { check_preparing(make_conv(rng), random_tensor<float>(Shape{1, 8, 16, 32}, rng)); }
  SUBCASE("Conv2d of groups") {
    check_preparing(Conv2d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3, .groups = 2}, rng),
                    random_tensor<float>(Shape{1, 8, 16, 32}, rng));
  }
  SUBCASE("depthwise Conv2d") {
    check_preparing(Conv2d<float>({.in_channels = 16, .out_channels = 16, .kernel_size = 3, .groups = 16}, rng),
                    random_tensor<float>(Shape{1, 8, 16, 16}, rng));
  }
  SUBCASE("Conv1d") {
    check_preparing(Conv1d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3}, rng),
                    random_tensor<float>(Shape{2, 34, 32}, rng));
  }
  SUBCASE("Dense of few rows") {
    check_preparing(Dense<float>({.in_features = 50, .out_features = 70}, rng), random_tensor<float>(Shape{3, 50}, rng),
                    few_rows_of_dense);
  }
  SUBCASE("Dense of many rows") {
    check_preparing(Dense<float>({.in_features = 50, .out_features = 70}, rng),
                    random_tensor<float>(Shape{30, 50}, rng));
  }
  SUBCASE("Lstm") {
    check_preparing(Lstm<float>({.input_size = 20, .hidden_size = 24, .num_layers = 2}, rng),
                    random_tensor<float>(Shape{1, 3, 20}, rng), few_rows_of_a_recurrence);
  }
  SUBCASE("Gru") {
    check_preparing(Gru<float>({.input_size = 20, .hidden_size = 24, .bidirectional = true}, rng),
                    random_tensor<float>(Shape{2, 3, 20}, rng), few_rows_of_a_recurrence);
  }
  SUBCASE("layers inside of others") {
    check_preparing(Sequential{Conv2d<float>({.in_channels = 16, .out_channels = 16, .kernel_size = 3}, rng),
                               Flatten<float>(), Dense<float>({.in_features = 6 * 14 * 16, .out_features = 10}, rng)},
                    random_tensor<float>(Shape{1, 8, 16, 16}, rng), few_rows_of_dense);
  }
}

TEST_CASE("with AVX-512, convolutions read what was prepared, also inside of other layers") {
  if (instruction_set() < InstructionSet::avx512) return;
  Rng rng(23);
  const auto x = random_tensor<float>(Shape{1, 8, 16, 32}, rng);
  const auto check = [&](auto model) {
    for (const Precision precision : all_precisions) {
      CAPTURE(precision_name(precision));
      const PrecisionScope scope(precision);
      const auto prepared = prepare(model);
      clear_filters(prepared);
      CHECK(prepared.forward(x) == model.forward(x));
    }
  };
  SUBCASE("alone") { check(make_conv(rng)); }
  SUBCASE("in a Sequential") { check(Sequential{make_conv(rng), Flatten<float>()}); }
  SUBCASE("with norm and activation") {
    check(Conv2dNormActivation<float>({.conv = {.in_channels = 32, .out_channels = 20, .kernel_size = 3}}, rng));
  }
}

TEST_CASE("what is prepared can be counted, listed, visited and copied, and loses nothing by it") {
  Rng rng(24);
  const auto x = random_tensor<float>(Shape{1, 8, 16, 32}, rng);
  Sequential net{make_conv(rng), Flatten<float>()};
  const auto expected = std::as_const(net).forward(x);
  const auto prepared = prepare(std::move(net));
  if (instruction_set() >= InstructionSet::avx512) clear_filters(prepared);

  CHECK(count_parameters(*prepared) == 20 * 32 * 9 + 20);
  CHECK(summary(*prepared, x.shape()).parameters() == 20 * 32 * 9 + 20);
  Index visited = 0;
  visit_const(*prepared, [&](const Name&, const auto&) { ++visited; });
  CHECK(visited == 2);
  const auto copy = prepared;
  CHECK(prepared.forward(x) == expected);
  CHECK(copy.forward(x) == expected);
}

TEST_CASE("threads share what is prepared") {
  Rng rng(25);
  const auto x = random_tensor<float>(Shape{1, 8, 16, 32}, rng);
  const auto prepared = prepare(make_conv(rng));
  const auto expected = prepared.forward(x);
  std::vector<int> right(3);
  std::vector<std::thread> threads;
  for (int& each : right) threads.emplace_back([&] { each = prepared.forward(x) == expected ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<int>{1, 1, 1});
}

TEST_CASE("preparing leaves parameters and gradients alone") {
  Rng rng(22);
  const Dense<float> layer({.in_features = 5, .out_features = 4}, rng);
  const auto numbers_of = [](const Dense<float>& model) {
    std::vector<float> all;
    for_each_parameter(model, [&](const Name&, const auto& parameter) {
      all.insert(all.end(), parameter.value.begin(), parameter.value.end());
      all.insert(all.end(), parameter.gradient.begin(), parameter.gradient.end());
    });
    return all;
  };
  const auto before = numbers_of(layer);
  const auto prepared = prepare(layer);
  CHECK(numbers_of(layer) == before);
  CHECK(numbers_of(*prepared) == before);
}
