#include <cmath>

#include <doctest/doctest.h>

#include <pupil/nn/gru_cell.hpp>

#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

// What both cells have in common is tested in recurrent_cell_test.cpp.

TEST_CASE_TEMPLATE("gru cell computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("recurrent");
  Rng rng(1);
  check_golden_cell<T>(file, "gru cell", GruCell<T>({.input_size = 3, .hidden_size = 4}, rng));
  check_golden_cell<T>(file, "gru cell without bias",
                       GruCell<T>({.input_size = 3, .hidden_size = 4, .bias = false}, rng));
}

TEST_CASE("gru cell has PyTorch's parameters") {
  Rng rng(2);
  GruCell<float> cell({.input_size = 3, .hidden_size = 5}, rng);
  CHECK(described_parameters(cell) == "weight_ih [15, 3]; weight_hh [15, 5]; bias_ih [15]; bias_hh [15]; ");
  GruCell<float> without_bias({.input_size = 3, .hidden_size = 5, .bias = false}, rng);
  CHECK(described_parameters(without_bias) == "weight_ih [15, 3]; weight_hh [15, 5]; ");
}

TEST_CASE("a gru cell whose update gate is nearly closed loses no digits") {
  Rng rng(3);
  GruCell<float> cell({.input_size = 1, .hidden_size = 1, .bias = false}, rng);
  for_each_parameter(cell, [](const Name&, auto& parameter) { parameter.value.fill(0); });
  for_each_parameter(cell, [](const Name& name, auto& parameter) {
    if (name == "weight_ih") parameter.value.data()[1] = 1;  // the update gate's
  });
  for (const float x : {-2.F, -5.F, -8.F, -20.F, -40.F}) {
    CAPTURE(x);
    const auto after = cell.forward(Tensor<float, 2>({1, 1}, {x}), GruState<float, 2>{Tensor<float, 2>({1, 1}, {3})});
    const double truth = 3 / (1 + std::exp(-static_cast<double>(x)));
    CHECK(std::abs(static_cast<double>(after.hidden[0]) / truth - 1) < 2e-6);
  }
}
