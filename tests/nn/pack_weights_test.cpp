#include <algorithm>
#include <span>
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
#include <pupil/nn/pack_weights.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/optim/moving_average.hpp>
#include <pupil/optim/sgd.hpp>

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

/// How far a layer with packed weights may be from one without.
struct Tolerances {
  double medium = 0;
  double otherwise = 0;
};

/// Of few rows, which are rounded at medium precision.
constexpr Tolerances few_rows_of_a_recurrence{.medium = 2e-2};
/// Of few rows that are multiplied in another order.
constexpr Tolerances few_rows_of_dense{.medium = 2e-2, .otherwise = 5e-6};

/// Checks that a layer gives what it gave before its weights were packed, and so does a copy; and that a change of the
/// weights takes effect.
template <class Layer, std::size_t Rank>
void check_packing(Layer layer, const Tensor<float, Rank>& x, const Tolerances& tolerances = {}) {
  for (const Precision precision : all_precisions) {
    CAPTURE(precision_name(precision));
    const PrecisionScope scope(precision);
    const auto before = tensor_of(layer.forward(x));
    pack_weights(layer);
    const auto packed = tensor_of(std::as_const(layer).forward(x));
    CHECK(relative_difference(packed, before) <=
          (precision_in_use() == Precision::medium ? tolerances.medium : tolerances.otherwise));
    const Layer copy = layer;
    CHECK(tensor_of(copy.forward(x)) == packed);

    for_each_parameter(layer, [](const Name&, auto& parameter) { parameter.value.fill(0); });
    const auto zeros = tensor_of(layer.forward(x));
    CHECK(zeros == std::remove_cvref_t<decltype(zeros)>(zeros.shape()));
    layer = copy;
  }
}

Conv2d<float> make_conv(Rng& rng) {
  return Conv2d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3, .padding = 1}, rng);
}

/// Sets the weights of all convolutions to zero once they are packed, without a visit.
template <class Model>
void pack_and_clear_filters(Model& model) {
  std::vector<std::span<float>> filters;
  for_each_parameter(model, [&](const Name&, auto& parameter) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(parameter)>, Parameter<float, 4>>) {
      filters.emplace_back(parameter.value.data(), static_cast<std::size_t>(parameter.value.size()));
    }
  });
  pack_weights(model);
  for (const auto& each : filters) std::ranges::fill(each, 0.0F);
}

/// Checks that a layer computes by its own weights: as a copy that never had packed ones.
template <class Layer, std::size_t Rank>
void check_nothing_is_stale(const Layer& layer, const Tensor<float, Rank>& x) {
  Layer copy = layer;
  for_each_parameter(copy, [](const Name&, auto&) {});
  CHECK(layer.forward(x) == copy.forward(x));
}

}  // namespace

TEST_CASE("layers give the same with packed weights, until these are changed") {
  Rng rng(21);
  SUBCASE("Conv2d") { check_packing(make_conv(rng), random_tensor<float>(Shape{1, 8, 16, 32}, rng)); }
  SUBCASE("Conv2d of groups") {
    check_packing(Conv2d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3, .groups = 2}, rng),
                  random_tensor<float>(Shape{1, 8, 16, 32}, rng));
  }
  SUBCASE("depthwise Conv2d") {
    check_packing(Conv2d<float>({.in_channels = 16, .out_channels = 16, .kernel_size = 3, .groups = 16}, rng),
                  random_tensor<float>(Shape{1, 8, 16, 16}, rng));
  }
  SUBCASE("Conv1d") {
    check_packing(Conv1d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3}, rng),
                  random_tensor<float>(Shape{2, 34, 32}, rng));
  }
  SUBCASE("Dense of few rows") {
    check_packing(Dense<float>({.in_features = 50, .out_features = 70}, rng), random_tensor<float>(Shape{3, 50}, rng),
                  few_rows_of_dense);
  }
  SUBCASE("Dense of many rows") {
    check_packing(Dense<float>({.in_features = 50, .out_features = 70}, rng), random_tensor<float>(Shape{30, 50}, rng));
  }
  SUBCASE("Lstm") {
    check_packing(Lstm<float>({.input_size = 20, .hidden_size = 24, .num_layers = 2}, rng),
                  random_tensor<float>(Shape{1, 3, 20}, rng), few_rows_of_a_recurrence);
  }
  SUBCASE("Gru") {
    check_packing(Gru<float>({.input_size = 20, .hidden_size = 24, .bidirectional = true}, rng),
                  random_tensor<float>(Shape{2, 3, 20}, rng), few_rows_of_a_recurrence);
  }
  SUBCASE("layers inside of others") {
    check_packing(Sequential{Conv2d<float>({.in_channels = 16, .out_channels = 16, .kernel_size = 3}, rng),
                             Flatten<float>(), Dense<float>({.in_features = 6 * 14 * 16, .out_features = 10}, rng)},
                  random_tensor<float>(Shape{1, 8, 16, 16}, rng), few_rows_of_dense);
  }
}

TEST_CASE("with AVX-512, convolutions read what was packed, also inside of other layers") {
  if (instruction_set() < InstructionSet::avx512) return;
  Rng rng(23);
  const auto x = random_tensor<float>(Shape{1, 8, 16, 32}, rng);
  const auto check = [&](auto model) {
    for (const Precision precision : all_precisions) {
      CAPTURE(precision_name(precision));
      const PrecisionScope scope(precision);
      auto packed = model;
      pack_and_clear_filters(packed);
      CHECK(packed.forward(x) == model.forward(x));
    }
  };
  SUBCASE("alone") { check(make_conv(rng)); }
  SUBCASE("in a Sequential") { check(Sequential{make_conv(rng), Flatten<float>()}); }
  SUBCASE("with norm and activation") {
    check(Conv2dNormActivation<float>({.conv = {.in_channels = 32, .out_channels = 20, .kernel_size = 3}}, rng));
  }
}

TEST_CASE("whatever changes packed weights, the new ones are used") {
  Rng rng(24);
  const auto x = random_tensor<float>(Shape{1, 8, 16, 32}, rng);
  Conv2d<float> layer = make_conv(rng);
  MovingAverage<Conv2d<float>> average(make_conv(rng));
  pack_weights(layer);
  pack_weights(average);
  SUBCASE("an optimizer") {
    for_each_parameter(layer, [](const Name&, auto& parameter) { parameter.gradient.fill(1); });
    pack_weights(layer);
    Sgd<float>({.learning_rate = 0.1}).step(layer);
  }
  SUBCASE("an average that is copied") { average.copy_to(layer); }
  SUBCASE("an average that is exchanged") { average.swap(layer); }
  SUBCASE("an average that moves") { average.update(layer); }
  SUBCASE("a visitor that fails behind the weights") {
    const auto fail = [](const Name& name, auto& item) {
      if (name == "bias") throw Error("on the way");
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, Parameter<float, 4>>) item.value.fill(2);
    };
    CHECK_THROWS_AS(layer.visit(fail), Error);
  }
  check_nothing_is_stale(layer, x);
  check_nothing_is_stale(average.model(), x);
}

TEST_CASE("packing leaves parameters and gradients alone") {
  Rng rng(22);
  Dense<float> layer({.in_features = 5, .out_features = 4}, rng);
  const auto numbers = [&] {
    std::vector<float> all;
    for_each_parameter(layer, [&](const Name&, auto& parameter) {
      all.insert(all.end(), parameter.value.begin(), parameter.value.end());
      all.insert(all.end(), parameter.gradient.begin(), parameter.gradient.end());
    });
    return all;
  };
  const auto before = numbers();
  pack_weights(layer);
  CHECK(numbers() == before);
}
