#include <algorithm>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/gru.hpp>
#include <pupil/nn/gru_cell.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/lstm_cell.hpp>

#include "../support/gradient_check.hpp"
#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A cell as a layer from one vector to another: x and the state before the step one after another give that after it.
template <class Cell>
struct FlatCell {
  using State = typename Cell::State;
  using Context = typename Cell::Context;

  Cell cell;
  Index batch;

  Shape<2> input_shape() const { return {batch, cell.options().input_size}; }
  Shape<2> state_shape() const { return {batch, cell.options().hidden_size}; }
  Tensor<double, 1> random_input(Rng& rng) const {
    std::vector<double> numbers;
    append(random_tensor<double>(input_shape(), rng), numbers);
    append(random_state<State>(state_shape(), rng), numbers);
    return as_tensor(numbers);
  }

  Tensor<double, 1> forward(const Tensor<double, 1>& flat, Context& context) const {
    Tensor<double, 2> x(input_shape());
    State state = zero_state<State>(state_shape());
    take(take(flat.data(), x), state);
    std::vector<double> numbers;
    append(cell.forward(std::move(x), state, context), numbers);
    return as_tensor(numbers);
  }

  Tensor<double, 1> backward(const Tensor<double, 1>& flat, const Context& context) {
    State d_state = zero_state<State>(state_shape());
    take(flat.data(), d_state);
    const auto gradient = cell.backward(d_state, context);
    std::vector<double> numbers;
    append(gradient.input, numbers);
    append(gradient.state, numbers);
    return as_tensor(numbers);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    cell.visit(visitor, name);
  }
};

/// Copies all parameters, in their order.
template <class From, class To>
void copy_parameters(From& from, To& to) {
  std::vector<float> numbers;
  for_each_parameter(from, [&](const Name&, auto& parameter) { append(parameter.value, numbers); });
  const float* next = numbers.data();
  for_each_parameter(to, [&](const Name&, auto& parameter) { next = take(next, parameter.value); });
}

template <class Cell, class Layers>
void check_steps_of(const RecurrenceOptions& options, Rng& rng) {
  Cell cell(options, rng);
  Layers layers({.input_size = options.input_size, .hidden_size = options.hidden_size, .bias = options.bias}, rng);
  copy_parameters(layers, cell);
  const auto x = random_tensor<float>(Shape{4, 12, options.input_size}, rng);
  const auto y = layers.forward(x);
  typename Cell::State state;
  for (Index t = 0; t < 4; ++t) {
    Tensor<float, 2> step({12, options.input_size});
    std::copy_n(x.row(t * 12), step.size(), step.begin());
    typename Cell::Context context;
    const auto trained = cell.forward(step, state, context);
    state = cell.forward(step, state);
    CHECK(trained.hidden == state.hidden);
    for (Index i = 0; i < state.hidden.size(); ++i) {
      CHECK(state.hidden[i] == doctest::Approx(y.output[t * state.hidden.size() + i]).epsilon(1e-5));
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("recurrent cell gradients agree with differences", Cell, LstmCell<double>, GruCell<double>) {
  Rng rng(1);
  for (const Index batch : {1, 3, 13}) {
    for (const bool bias : {true, false}) {
      CAPTURE(batch);
      CAPTURE(bias);
      const FlatCell<Cell> cell{Cell({.input_size = 3, .hidden_size = 4, .bias = bias}, rng), batch};
      check_gradients(cell, cell.random_input(rng), rng);
    }
  }
  const FlatCell<Cell> smallest{Cell({.input_size = 1, .hidden_size = 1}, rng), 1};
  check_gradients(smallest, smallest.random_input(rng), rng);
}

TEST_CASE("cells take the steps of the layers that have their parameters, in training and inference") {
  Rng rng(2);
  for (const bool bias : {true, false}) {
    check_steps_of<LstmCell<float>, Lstm<float>>({.input_size = 5, .hidden_size = 7, .bias = bias}, rng);
    check_steps_of<GruCell<float>, Gru<float>>({.input_size = 5, .hidden_size = 7, .bias = bias}, rng);
  }
}

TEST_CASE_TEMPLATE("a cell without a state or a gradient takes them as zero", Cell, LstmCell<float>, GruCell<float>) {
  using State = typename Cell::State;
  Rng rng(3);
  Cell cell({.input_size = 3, .hidden_size = 5}, rng);
  const auto x = random_tensor<float>(Shape{2, 3}, rng);
  const auto zeros = zero_state<State>(Shape{2, 5});
  typename Cell::Context context;
  CHECK(cell.forward(x).hidden == cell.forward(x, zeros).hidden);
  CHECK(cell.forward(x, context).hidden == cell.forward(x).hidden);
  State d_state = zeros;
  d_state.hidden = random_tensor<float>(Shape{2, 5}, rng);
  CHECK(cell.backward({d_state.hidden}, context).input == cell.backward(d_state, context).input);
  const auto nothing = cell.backward({}, context);
  CHECK(nothing.input == Tensor<float, 2>({2, 3}));
  CHECK(nothing.state.hidden == Tensor<float, 2>({2, 5}));
}

TEST_CASE_TEMPLATE("a cell that is used at every step adds up its gradients", Cell, LstmCell<double>, GruCell<double>) {
  Rng rng(4);
  Cell cell({.input_size = 3, .hidden_size = 4}, rng);
  Cell alone = cell;
  const auto x = random_tensor<double>(Shape{2, 3}, rng);
  typename Cell::Context first, second;
  const auto middle = cell.forward(x, first);
  const auto end = cell.forward(x, middle, second);
  const auto d_middle = cell.backward(end, second).state;
  cell.backward(d_middle, first);

  std::vector<double> expected, actual;
  alone.backward(end, second);
  for_each_parameter(alone, [&](const Name&, auto& parameter) { append(parameter.gradient, expected); });
  zero_gradients(alone);
  alone.backward(d_middle, first);
  std::vector<double> more;
  for_each_parameter(alone, [&](const Name&, auto& parameter) { append(parameter.gradient, more); });
  for (std::size_t i = 0; i < more.size(); ++i) expected[i] += more[i];
  for_each_parameter(cell, [&](const Name&, auto& parameter) { append(parameter.gradient, actual); });
  CHECK(relative_difference(as_tensor(actual), as_tensor(expected)) < 1e-14);
}

TEST_CASE("cells name both sides of what does not fit") {
  Rng rng(6);
  CHECK_THROWS_WITH_AS(LstmCell<float>({.input_size = 3}, rng),
                       "lstm_cell: cannot map 3 features to a hidden state of 0, each must be at least 1", OptionError);
  LstmCell<float> lstm({.input_size = 3, .hidden_size = 5}, rng);
  GruCell<float> gru({.input_size = 3, .hidden_size = 5}, rng);
  const Tensor<float, 2> x({2, 3});
  CHECK_THROWS_WITH_AS(gru.forward(Tensor<float, 2>({2, 7})),
                       "gru_cell: input has 7 features, the layer was made for 3 (input [2, 7])", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.forward(x, {{}, Tensor<float, 2>({2, 4})}),
                       "lstm_cell: the cell state is [2, 4], not [2, 5]", ShapeError);
  GruCell<float>::Context context;
  gru.forward(x, context);
  CHECK_THROWS_WITH_AS(gru.backward({Tensor<float, 2>({1, 5})}, context),
                       "gru_cell: the gradient of the hidden state is [1, 5], not [2, 5]", ShapeError);
}
