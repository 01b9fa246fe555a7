// What layers of floats compute below the highest precision. Where nothing computes bf16, all precisions are the same,
// and these tests still hold; ctest also runs them with the tiles of AMX emulated.

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/precision.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/lstm.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Output, dx, and all gradients of parameters, as one row each.
using StepResults = std::vector<Tensor<float, 1>>;

template <std::size_t Rank>
Tensor<float, 1> flat(const Tensor<float, Rank>& tensor) {
  Tensor<float, 1> row({tensor.size()});
  std::copy(tensor.begin(), tensor.end(), row.begin());
  return row;
}

template <class Layer>
void add_gradients(Layer& layer, StepResults& results) {
  for_each_parameter(layer, [&](const Name&, auto& parameter) { results.push_back(flat(parameter.gradient)); });
}

/// A forward and a backward pass, at the precision that is set.
template <class Layer, std::size_t Rank>
StepResults step_of_layer(Layer layer, const Tensor<float, Rank>& x) {
  typename Layer::Context context;
  const auto y = layer.forward(x, context);
  StepResults results{flat(y), flat(layer.backward(y, context))};
  add_gradients(layer, results);
  return results;
}

template <class Layer>
StepResults step_of_recurrent_layer(Layer layer, const Tensor<float, 3>& x) {
  typename Layer::Context context;
  const auto y = layer.forward(x, context);
  StepResults results{flat(y.output), flat(layer.backward(y, context).input)};
  add_gradients(layer, results);
  return results;
}

/// Checks that `compute()` is near what it is at the highest precision, relative to each result's largest value, and
/// the same bits for any number of threads.
template <class Compute>
void check_precisions(const Compute& compute) {
  const StepResults expected = compute();
  for (const Precision precision : {Precision::high, Precision::medium}) {
    const double bound = precision == Precision::high ? 1e-4 : 2e-2;
    CAPTURE(bound);
    const PrecisionScope scope(precision);
    const StepResults results = compute();
    REQUIRE(results.size() == expected.size());
    bool same = true;
    for (std::size_t i = 0; i < results.size(); ++i) {
      CAPTURE(i);
      CHECK(relative_difference(results[i], expected[i]) < bound);
      same = same && results[i] == expected[i];
    }
    CHECK(same == (precision_in_use() == Precision::highest));
    check_thread_counts(compute);
  }
}

}  // namespace

TEST_CASE("convolutions and their gradients below the highest precision are near it") {
  Rng rng(1);
  const auto x = random_tensor<float>(Shape{2, 11, 10, 12}, rng);
  SUBCASE("a padded one") {
    const Conv2d<float> conv({.in_channels = 12, .out_channels = 37, .kernel_size = 3, .padding = 1}, rng);
    check_precisions([&] { return step_of_layer(conv, x); });
  }
  SUBCASE("a strided one") {
    const Conv2d<float> conv({.in_channels = 12, .out_channels = 20, .kernel_size = 3, .stride = 2, .dilation = 2},
                             rng);
    check_precisions([&] { return step_of_layer(conv, x); });
  }
  SUBCASE("a strided one of few channels") {
    const auto image = random_tensor<float>(Shape{2, 32, 30, 3}, rng);
    const Conv2d<float> conv({.in_channels = 3, .out_channels = 24, .kernel_size = 7, .stride = 2, .padding = 3}, rng);
    check_precisions([&] { return step_of_layer(conv, image); });
  }
  SUBCASE("one of groups") {
    const Conv2d<float> conv({.in_channels = 12, .out_channels = 8, .kernel_size = 2, .groups = 2}, rng);
    check_precisions([&] { return step_of_layer(conv, x); });
  }
}

TEST_CASE("dense layers below the highest precision are near it") {
  Rng rng(2);
  const Dense<float> dense({.in_features = 70, .out_features = 45}, rng);
  const auto x = random_tensor<float>(Shape{50, 70}, rng);
  check_precisions([&] { return step_of_layer(dense, x); });
}

TEST_CASE("recurrent layers below the highest precision are near it") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{6, 17, 24}, rng);
  SUBCASE("LSTM") {
    const Lstm<float> lstm({.input_size = 24, .hidden_size = 20}, rng);
    check_precisions([&] { return step_of_recurrent_layer(lstm, x); });
  }
  SUBCASE("GRU") {
    const Gru<float> gru({.input_size = 24, .hidden_size = 20}, rng);
    check_precisions([&] { return step_of_recurrent_layer(gru, x); });
  }
}

TEST_CASE("layers of doubles have one precision") {
  Rng rng(4);
  const Dense<double> dense({.in_features = 30, .out_features = 20}, rng);
  const auto x = random_tensor<double>(Shape{40, 30}, rng);
  const auto expected = dense.forward(x);
  const PrecisionScope scope(Precision::medium);
  CHECK(dense.forward(x) == expected);
}
