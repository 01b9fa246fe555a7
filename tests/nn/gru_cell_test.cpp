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
