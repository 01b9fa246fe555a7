#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/rows_by_item.hpp>
#include <pupil/nn/lstm_cell.hpp>
#include <pupil/nn/stepwise_lstm.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr StepwiseLstmOptions three_parts{.row_size = 3, .item_size = 2, .late_size = 4, .hidden_size = 5};

/// An LstmCell with the same parameters.
LstmCell<double> cell_of(StepwiseLstm<double>& lstm) {
  Rng rng(1);
  LstmCell<double> cell({.input_size = lstm.options().input_size(), .hidden_size = lstm.options().hidden_size}, rng);
  for_each_parameter(lstm, [&](const Name& name, auto& parameter) {
    for_each_parameter(cell, [&](const Name& other, auto& twin) {
      if constexpr (std::is_same_v<decltype(twin), decltype(parameter)>) {
        if (other.str() == name.str()) twin.value = parameter.value;
      }
    });
  });
  return cell;
}

/// Three sequences of two items, of 4, 4 and 2 steps.
struct RaggedSteps {
  kernels::PackedSequences sequences{4, 3, std::vector<Index>{4, 4, 2}};
  Tensor<Index, 1> item_of_rank{{3}, {1, 0, 1}};
};

/// The input of row r: all three parts.
Tensor<double, 2> whole_input(const StepwiseLstm<double>::Context& context, Index row, Index item) {
  auto x = Tensor<double, 2>::uninitialized({1, 9});
  auto* next = std::copy_n(context.rows.row(row), 3, x.data());
  next = std::copy_n(context.items.row(item), 2, next);
  std::copy_n(context.late.row(row), 4, next);
  return x;
}

}  // namespace

TEST_CASE("a stepwise LSTM gives what an LSTM cell gives with all parts side by side") {
  Rng rng(2);
  StepwiseLstm<double> lstm(three_parts, rng);
  const auto cell = cell_of(lstm);
  const RaggedSteps steps;
  StepwiseLstm<double>::Context context;
  lstm.begin(steps.sequences, random_tensor<double>(Shape{10, 3}, rng), random_tensor<double>(Shape{2, 2}, rng),
             steps.item_of_rank, context);
  context.late = random_tensor<double>(Shape{10, 4}, rng);
  const auto initial = random_tensor<double>(Shape{3, 5}, rng);
  std::copy(initial.begin(), initial.end(), context.trace.hiddens.data());
  for (Index t = 0; t < 4; ++t) lstm.step(steps.sequences, t, context);

  for (Index rank = 0; rank < 3; ++rank) {
    LstmState<double, 2> state{Tensor<double, 2>({1, 5}), Tensor<double, 2>({1, 5})};
    std::copy_n(initial.row(rank), 5, state.hidden.data());
    auto stepped = state;
    for (Index t = 0; t < steps.sequences.length(rank); ++t) {
      const Index row = steps.sequences.begin(t) + rank;
      const auto x = whole_input(context, row, steps.item_of_rank[rank]);
      state = cell.forward(x, state);
      const auto after = lstm.hiddens_after(steps.sequences, t, context);
      for (Index i = 0; i < 5; ++i) CHECK(after.data[rank * 5 + i] == doctest::Approx(state.hidden[i]).epsilon(1e-12));

      auto row_part = Tensor<double, 2>::uninitialized({1, 3});
      auto late_part = Tensor<double, 2>::uninitialized({1, 4});
      std::copy_n(context.rows.row(row), 3, row_part.data());
      std::copy_n(context.late.row(row), 4, late_part.data());
      lstm.step(row_part, lstm.item_gates(context.items), std::vector<Index>{steps.item_of_rank[rank]}, late_part,
                stepped);
      for (Index i = 0; i < 5; ++i) {
        CHECK(stepped.hidden[i] == doctest::Approx(state.hidden[i]).epsilon(1e-12));
        CHECK(stepped.cell[i] == doctest::Approx(state.cell[i]).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("a prepared stepwise LSTM gives what it gives itself") {
  Rng rng(3);
  const StepwiseLstm<float> lstm({.row_size = 40, .item_size = 8, .late_size = 70, .hidden_size = 32}, rng);
  const auto rows = random_tensor<float>(Shape{3, 40}, rng);
  const auto late = random_tensor<float>(Shape{3, 70}, rng);
  const auto gates = lstm.item_gates(random_tensor<float>(Shape{2, 8}, rng));
  const LstmState<float, 2> state{random_tensor<float>(Shape{3, 32}, rng), random_tensor<float>(Shape{3, 32}, rng)};
  auto plain = state;
  lstm.step(rows, gates, std::vector<Index>{1, 0, 1}, late, plain);
  auto prepared = state;
  prepare(lstm)->step(rows, gates, std::vector<Index>{1, 0, 1}, late, prepared);
  CHECK(relative_difference(prepared.hidden, plain.hidden) < 1e-6);
}

TEST_CASE("a stepwise LSTM begins with open forget gates, and needs an input") {
  Rng rng(4);
  StepwiseLstm<float> lstm(three_parts, rng);
  for_each_parameter(lstm, [](const Name& name, auto& parameter) {
    if (name.str() != "bias_ih") return;
    for (Index i = 5; i < 10; ++i) CHECK(parameter.value[i] == 1);
  });
  CHECK(error_of<OptionError>([&] { StepwiseLstm<float>({.hidden_size = 5}, rng); }) ==
        "stepwise_lstm: cannot map 0 features to a hidden state of 5, each must be at least 1");
}
