#include <cmath>

#include <doctest/doctest.h>

#include <pupil/nn/lstm_cell.hpp>

#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

// What both cells have in common is tested in recurrent_cell_test.cpp.

TEST_CASE_TEMPLATE("lstm cell computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("recurrent");
  Rng rng(1);
  check_golden_cell<T>(file, "lstm cell", LstmCell<T>({.input_size = 3, .hidden_size = 4}, rng));
  check_golden_cell<T>(file, "lstm cell without bias",
                       LstmCell<T>({.input_size = 3, .hidden_size = 4, .bias = false}, rng));
}

TEST_CASE("lstm cell has PyTorch's parameters") {
  Rng rng(2);
  LstmCell<float> cell({.input_size = 3, .hidden_size = 5}, rng);
  CHECK(described_parameters(cell) == "weight_ih [20, 3]; weight_hh [20, 5]; bias_ih [20]; bias_hh [20]; ");
  LstmCell<float> without_bias({.input_size = 3, .hidden_size = 5, .bias = false}, rng);
  CHECK(described_parameters(without_bias) == "weight_ih [20, 3]; weight_hh [20, 5]; ");
}

TEST_CASE("an lstm cell whose gates are nearly closed loses no digits") {
  Rng rng(3);
  LstmCell<float> cell({.input_size = 1, .hidden_size = 1, .bias = false}, rng);
  for_each_parameter(cell, [](const Name&, auto& parameter) { parameter.value.fill(1); });
  for (const float x : {-2.F, -5.F, -8.F, -20.F, -40.F}) {
    CAPTURE(x);
    const auto after = cell.forward(Tensor<float, 2>({1, 1}, {x}),
                                    LstmState<float, 2>{Tensor<float, 2>({1, 1}), Tensor<float, 2>({1, 1}, {3})});
    const double gate = 1 / (1 + std::exp(-static_cast<double>(x)));  // all three
    const double truth = gate * 3 + gate * std::tanh(static_cast<double>(x));
    CHECK(std::abs(static_cast<double>(after.cell[0]) / truth - 1) < 2e-6);
    CHECK(std::abs(static_cast<double>(after.hidden[0]) / (gate * std::tanh(truth)) - 1) < 2e-6);
  }
}
