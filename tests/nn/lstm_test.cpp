#include <doctest/doctest.h>

#include <pupil/nn/lstm.hpp>

#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

// What LSTM and GRU have in common is tested in recurrent_layers_test.cpp, the formulas in lstm_recurrence_test.cpp.

TEST_CASE_TEMPLATE("lstm computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("recurrent");
  Rng rng(1);
  const auto check = [&](const std::string& name, const LstmOptions& options) {
    check_golden_layers<T>(file, "lstm " + name, Lstm<T>(options, rng));
  };
  check("plain", {.input_size = 3, .hidden_size = 4});
  check("many", {.input_size = 3, .hidden_size = 4});
  check("without bias", {.input_size = 3, .hidden_size = 4, .bias = false});
  check("two layers", {.input_size = 3, .hidden_size = 4, .num_layers = 2});
  check("bidirectional", {.input_size = 3, .hidden_size = 4, .bidirectional = true});
  check("unequal", {.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true});
}

TEST_CASE("lstm has PyTorch's parameters, uniform in +-1 / sqrt(hidden_size)") {
  Rng rng(2);
  Lstm<float> lstm({.input_size = 30, .hidden_size = 25}, rng);
  CHECK(described_parameters(lstm) ==
        "weight_ih_l0 [100, 30]; weight_hh_l0 [100, 25]; bias_ih_l0 [100]; bias_hh_l0 [100]; ");
  check_parameter_range(lstm, 0.2);

  Lstm<float> both_ways({.input_size = 3, .hidden_size = 2, .num_layers = 2, .bias = false, .bidirectional = true},
                        rng);
  CHECK(described_parameters(both_ways) ==
        "weight_ih_l0 [8, 3]; weight_hh_l0 [8, 2]; weight_ih_l0_reverse [8, 3]; weight_hh_l0_reverse [8, 2]; "
        "weight_ih_l1 [8, 4]; weight_hh_l1 [8, 2]; weight_ih_l1_reverse [8, 4]; weight_hh_l1_reverse [8, 2]; ");
}
