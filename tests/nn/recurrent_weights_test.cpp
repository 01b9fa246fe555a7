#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/recurrent_weights.hpp>

#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

const Lengths lengths{1, 3, 2};

/// One number after another: sum over the steps of left(row, i) * right(other_row, j).
template <class Left, class Right>
double sum_over_steps(Index rows, const Left& left, const Right& right) {
  double sum = 0;
  for (Index row = 0; row < rows; ++row) sum += left(row) * right(row);
  return sum;
}

}  // namespace

TEST_CASE("recurrent weights have PyTorch's names and the suffix") {
  Rng rng(1);
  RecurrentWeights<float> weights({.input_size = 3, .hidden_size = 2}, 4, "_l1_reverse", rng);
  CHECK(described_parameters(weights) ==
        "weight_ih_l1_reverse [8, 3]; weight_hh_l1_reverse [8, 2]; "
        "bias_ih_l1_reverse [8]; bias_hh_l1_reverse [8]; ");
  RecurrentWeights<float> without_bias({.input_size = 3, .hidden_size = 2, .bias = false}, 3, "", rng);
  CHECK(described_parameters(without_bias) == "weight_ih [6, 3]; weight_hh [6, 2]; ");
  CHECK_FALSE(without_bias.has_bias());
}

TEST_CASE("the input side and its gradients are sums over the steps that are no padding, in either direction") {
  Rng rng(2);
  for (const auto direction : {kernels::Direction::forward, kernels::Direction::reverse}) {
    RecurrentWeights<double> weights({.input_size = 3, .hidden_size = 2}, 3, "", rng);
    const kernels::PackedSequences sequences(4, 3, lengths, direction);
    const Index rows = sequences.rows();
    const auto x = random_tensor<double>(Shape{4, 3, 3}, rng);
    const auto hiddens = random_tensor<double>(Shape{3 + rows, 2}, rng);
    const auto d_gates = random_tensor<double>(Shape{rows, 6}, rng);
    const auto gates = weights.input_side(x, sequences, weights.bias_ih.value);
    weights.weight_ih.gradient.fill(1);
    weights.weight_hh.gradient.fill(1);
    weights.add_input_weight_gradient(d_gates, x, sequences);
    weights.add_recurrent_weight_gradient(d_gates, hiddens, sequences);
    const auto d_bias = weights.bias_gradient(d_gates);
    const auto dx = weights.input_gradient(d_gates, sequences);

    Tensor<double, 3> d_expected({4, 3, 3});
    for (Index i = 0; i < 6; ++i) {
      const auto d_gate = [&](Index row) { return d_gates(row, i); };
      CHECK(d_bias[i] == doctest::Approx(sum_over_steps(rows, d_gate, [](Index) { return 1; })));
      for (Index j = 0; j < 3; ++j) {
        const auto feature = [&](Index row) { return x[sequences.positions()[row] * 3 + j]; };
        CHECK(weights.weight_ih.gradient(i, j) == doctest::Approx(1 + sum_over_steps(rows, d_gate, feature)));
        for (Index row = 0; row < rows; ++row) {
          d_expected[sequences.positions()[row] * 3 + j] += d_gates(row, i) * weights.weight_ih.value(i, j);
        }
      }
      for (Index j = 0; j < 2; ++j) {
        const auto state = [&](Index row) { return hiddens(sequences.previous_states()[row], j); };
        CHECK(weights.weight_hh.gradient(i, j) == doctest::Approx(1 + sum_over_steps(rows, d_gate, state)));
      }
      for (Index row = 0; row < rows; ++row) {
        double sum = weights.bias_ih.value[i];
        for (Index j = 0; j < 3; ++j) sum += weights.weight_ih.value(i, j) * x[sequences.positions()[row] * 3 + j];
        CHECK(gates(row, i) == doctest::Approx(sum));
      }
    }
    CHECK(relative_difference(dx, d_expected) < 1e-14);
  }
}
