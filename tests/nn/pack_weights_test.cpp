#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/precision.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/pack_weights.hpp>
#include <pupil/nn/sequential.hpp>

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

/// Checks that a layer gives what it gave before its weights were packed: for a few rows at medium precision but for
/// rounding, and else bit for bit; and that a change of the weights takes effect.
template <class Layer, std::size_t Rank>
void check_packing(Layer layer, const Tensor<float, Rank>& x) {
  for (const Precision precision : all_precisions) {
    CAPTURE(precision_name(precision));
    const PrecisionScope scope(precision);
    const auto before = tensor_of(layer.forward(x));
    pack_weights(layer);
    const auto packed = tensor_of(std::as_const(layer).forward(x));
    CHECK(relative_difference(packed, before) <= (precision_in_use() == Precision::medium ? 2e-2 : 0));
    const Layer copy = layer;
    CHECK(tensor_of(copy.forward(x)) == packed);

    for_each_parameter(layer, [](const Name&, auto& parameter) { parameter.value.fill(0); });
    const auto zeros = tensor_of(layer.forward(x));
    CHECK(zeros == std::remove_cvref_t<decltype(zeros)>(zeros.shape()));
    layer = copy;
  }
}

}  // namespace

TEST_CASE("layers give the same with packed weights, until these are changed") {
  Rng rng(21);
  SUBCASE("Conv2d") {
    check_packing(Conv2d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3, .padding = 1}, rng),
                  random_tensor<float>(Shape{1, 8, 16, 32}, rng));
  }
  SUBCASE("Conv1d") {
    check_packing(Conv1d<float>({.in_channels = 32, .out_channels = 20, .kernel_size = 3}, rng),
                  random_tensor<float>(Shape{2, 34, 32}, rng));
  }
  SUBCASE("depthwise") {
    check_packing(Conv2d<float>({.in_channels = 16, .out_channels = 16, .kernel_size = 3, .groups = 16}, rng),
                  random_tensor<float>(Shape{1, 8, 16, 16}, rng));
  }
  SUBCASE("Dense of few rows") {
    check_packing(Dense<float>({.in_features = 50, .out_features = 70}, rng), random_tensor<float>(Shape{3, 50}, rng));
  }
  SUBCASE("Dense of many rows") {
    check_packing(Dense<float>({.in_features = 50, .out_features = 70}, rng), random_tensor<float>(Shape{30, 50}, rng));
  }
  SUBCASE("Lstm") {
    check_packing(Lstm<float>({.input_size = 20, .hidden_size = 24, .num_layers = 2}, rng),
                  random_tensor<float>(Shape{1, 3, 20}, rng));
  }
  SUBCASE("Gru") {
    check_packing(Gru<float>({.input_size = 20, .hidden_size = 24, .bidirectional = true}, rng),
                  random_tensor<float>(Shape{2, 3, 20}, rng));
  }
  SUBCASE("layers inside of others") {
    check_packing(Sequential{Conv2d<float>({.in_channels = 16, .out_channels = 16, .kernel_size = 3}, rng),
                             Flatten<float>(), Dense<float>({.in_features = 6 * 14 * 16, .out_features = 10}, rng)},
                  random_tensor<float>(Shape{1, 8, 16, 16}, rng));
  }
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
