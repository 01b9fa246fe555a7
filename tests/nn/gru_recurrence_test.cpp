#include <cmath>

#include <doctest/doctest.h>

#include <pupil/nn/gru_recurrence.hpp>

#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

double gru_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// The formulas of nn/gru.hpp, one number after another, for sequence b of x. `state` goes from its first step to its
/// last; `hiddens` gets all of them.
void naive_gru(const RecurrentWeights<double>& weights, const Tensor<double, 3>& x, Index b, Index length, bool reverse,
               GruState<double, 2>& state, Tensor<double, 3>& hiddens) {
  const Index size = weights.weight_hh.value.columns();
  for (Index step = 0; step < length; ++step) {
    const Index t = reverse ? length - 1 - step : step;
    const auto before = state;
    const auto input = [&](Index row) {
      double total = weights.bias_ih.value[row];
      for (Index j = 0; j < x.dim(2); ++j) total += weights.weight_ih.value(row, j) * x(t, b, j);
      return total;
    };
    const auto recurrent = [&](Index row) {
      double total = weights.bias_hh.value[row];
      for (Index j = 0; j < size; ++j) total += weights.weight_hh.value(row, j) * before.hidden(b, j);
      return total;
    };
    for (Index j = 0; j < size; ++j) {
      const double reset = gru_sigmoid(input(j) + recurrent(j));
      const double update = gru_sigmoid(input(size + j) + recurrent(size + j));
      const double candidate = std::tanh(input(2 * size + j) + reset * recurrent(2 * size + j));
      state.hidden(b, j) = (1 - update) * candidate + update * before.hidden(b, j);
      hiddens(t, b, j) = state.hidden(b, j);
    }
  }
}

}  // namespace

TEST_CASE("the gru recurrence follows its formulas, from either end of sequences of unequal lengths") {
  Rng rng(1);
  const Lengths lengths{2, 5, 1, 3, 5, 4, 2, 1, 3, 2};
  const RecurrenceOptions options{.input_size = 3, .hidden_size = 4};
  Rng same = rng;
  const GruRecurrence<double> recurrence(options, "", rng);
  const RecurrentWeights<double> weights(options, 3, "", same);
  const auto x = random_tensor<double>(Shape{5, 10, 3}, rng);
  const auto initial = random_state<GruState<double, 2>>(Shape{10, 4}, rng);
  for (const bool reverse : {false, true}) {
    CAPTURE(reverse);
    const kernels::PackedSequences sequences(5, 10, lengths,
                                             reverse ? kernels::Direction::reverse : kernels::Direction::forward);
    kernels::GruTrace<double> trace;
    const auto final = recurrence.forward(x, sequences, initial, trace);
    const auto output = sequences.unpack<double>(trace.hiddens.row(10), 4);

    auto state = initial;
    Tensor<double, 3> hiddens({5, 10, 4});
    for (Index b = 0; b < 10; ++b) {
      naive_gru(weights, x, b, lengths[static_cast<std::size_t>(b)], reverse, state, hiddens);
    }
    CHECK(relative_difference(output, hiddens) < 1e-13);
    CHECK(relative_difference(final.hidden, state.hidden) < 1e-13);
  }
}

TEST_CASE("the biases of the gru recurrence differ in the candidate's gradient alone") {
  Rng rng(2);
  GruRecurrence<double> recurrence({.input_size = 3, .hidden_size = 4}, "", rng);
  const kernels::PackedSequences sequences(2, 3, {});
  const auto x = random_tensor<double>(Shape{2, 3, 3}, rng);
  kernels::GruTrace<double> trace;
  recurrence.forward(x, sequences, {}, trace);
  auto d_state = random_state<GruState<double, 2>>(Shape{3, 4}, rng);
  recurrence.backward({}, d_state, x, sequences, trace);
  Tensor<double, 1> d_bias_ih, d_bias_hh;
  recurrence.visit([&](const Name& name, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter.gradient), Tensor<double, 1>>) {
      (name.str() == "bias_ih" ? d_bias_ih : d_bias_hh) = parameter.gradient;
    }
  });
  for (Index i = 0; i < 12; ++i) CHECK((d_bias_ih[i] == d_bias_hh[i]) == (i < 8));
}
