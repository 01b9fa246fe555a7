#pragma once
// What the tests of recurrent layers and cells share: random states, one vector for everything, PyTorch's numbers.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>

#include "../support/golden.hpp"
#include "../support/random_tensor.hpp"

namespace pupil::testing {

using Lengths = std::vector<Index>;

template <class State, std::size_t Rank>
State zero_state(const Shape<Rank>& shape) {
  State state;
  State::for_each_part([&]<class Part>(const char*, Part& part) { part = Part(shape); }, state);
  return state;
}

template <class State, std::size_t Rank>
State random_state(const Shape<Rank>& shape, Rng& rng) {
  State state = zero_state<State>(shape);
  State::for_each_part(
      [&]<class Part>(const char*, Part& part) { part = random_tensor<typename Part::Scalar>(shape, rng); }, state);
  return state;
}

/// Takes the numbers of a tensor, or of all parts of a state, from `from`, and says where the next ones are.
template <class T, std::size_t Rank>
const T* take(const T* from, Tensor<T, Rank>& tensor) {
  std::copy_n(from, tensor.size(), tensor.begin());
  return from + tensor.size();
}
template <class T, class State>
const T* take(const T* from, State& state) {
  State::for_each_part([&](const char*, auto& part) { from = take(from, part); }, state);
  return from;
}

/// Appends the numbers of a tensor, or of all parts of a state.
template <class T, std::size_t Rank>
void append(const Tensor<T, Rank>& tensor, std::vector<T>& numbers) {
  numbers.insert(numbers.end(), tensor.begin(), tensor.end());
}
template <class T, class State>
void append(const State& state, std::vector<T>& numbers) {
  State::for_each_part([&](const char*, const auto& part) { append(part, numbers); }, state);
}

template <class T>
Tensor<T, 1> as_tensor(const std::vector<T>& numbers) {
  Tensor<T, 1> tensor({static_cast<Index>(numbers.size())});
  std::copy(numbers.begin(), numbers.end(), tensor.begin());
  return tensor;
}

/// Recurrent layers as a layer from one vector to another, so that one gradient check covers everything that goes in
/// and comes out: x and the initial state one after another give the output and the final state one after another.
template <class Layers>
struct FlatLayers {
  using State = typename Layers::State;
  using Context = typename Layers::Context;

  Layers layers;
  Index time;
  Index batch;
  Lengths lengths;

  Index directions() const { return layers.options().bidirectional ? 2 : 1; }
  Shape<3> input_shape() const { return {time, batch, layers.options().input_size}; }
  Shape<3> output_shape() const { return {time, batch, directions() * layers.options().hidden_size}; }
  Shape<3> state_shape() const {
    return {directions() * layers.options().num_layers, batch, layers.options().hidden_size};
  }
  Tensor<double, 1> random_input(Rng& rng) const {
    std::vector<double> numbers;
    append(random_tensor<double>(input_shape(), rng), numbers);
    append(random_state<State>(state_shape(), rng), numbers);
    return as_tensor(numbers);
  }

  Tensor<double, 1> forward(const Tensor<double, 1>& flat, Context& context) {
    Tensor<double, 3> x(input_shape());
    State initial = zero_state<State>(state_shape());
    take(take(flat.data(), x), initial);
    const auto y = layers.forward(std::move(x), initial, lengths, context);
    std::vector<double> numbers;
    append(y.output, numbers);
    append(y.state, numbers);
    return as_tensor(numbers);
  }

  Tensor<double, 1> backward(const Tensor<double, 1>& flat, const Context& context) {
    typename Layers::Output dy{Tensor<double, 3>(output_shape()), zero_state<State>(state_shape())};
    take(take(flat.data(), dy.output), dy.state);
    const auto gradient = layers.backward(dy, context);
    std::vector<double> numbers;
    append(gradient.input, numbers);
    append(gradient.initial_state, numbers);
    return as_tensor(numbers);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    layers.visit(visitor, name);
  }
};

/// Everything that one training step gives, in one vector; its own output is its gradient.
template <class Layers, class T>
std::vector<T> training_step(Layers layers, const Tensor<T, 3>& x, const Lengths& lengths) {
  typename Layers::Context context;
  const auto y = layers.forward(x, {}, lengths, context);
  const auto gradient = layers.backward(y, context);
  std::vector<T> all;
  append(y.output, all);
  append(y.state, all);
  append(gradient.input, all);
  append(gradient.initial_state, all);
  for_each_parameter(layers, [&](const Name&, auto& parameter) { append(parameter.gradient, all); });
  return all;
}

/// Parts of a state as tools/fixtures/recurrent.py names them.
template <class State>
State read_state(const SafetensorsFile& file, const std::string& prefix) {
  State state;
  State::for_each_part(
      [&]<class Part>(const char* name, Part& part) {
        part = file.read<typename Part::Scalar, Part::rank>(prefix + name);
      },
      state);
  return state;
}

template <class State>
void check_golden_state(const SafetensorsFile& file, const std::string& prefix, const State& state) {
  State::for_each_part([&](const char* name, const auto& part) { check_golden_tensor(file, prefix + name, part); },
                       state);
}

/// Checks layers of the scalar T, which may begin with any parameters, against a case of tools/fixtures/recurrent.py.
template <class T, class Layers>
void check_golden_layers(const SafetensorsFile& file, const std::string& name, Layers layers) {
  using State = typename Layers::State;
  CAPTURE(name);
  load_state_dict(file, layers, name + "/state/");
  zero_gradients(layers);
  Lengths lengths;
  if (file.contains(name + "/lengths")) {
    for (const Index length : file.read<Index, 1>(name + "/lengths")) lengths.push_back(length);
  }
  const auto x = file.read<T, 3>(name + "/input");
  const auto initial = read_state<State>(file, name + "/initial/");
  typename Layers::Context context;
  const auto y = layers.forward(x, initial, lengths, context);
  check_golden_tensor(file, name + "/output", y.output);
  check_golden_state(file, name + "/final/", y.state);

  const auto gradient = layers.backward(
      {file.read<T, 3>(name + "/cotangent/output"), read_state<State>(file, name + "/cotangent/")}, context);
  check_golden_tensor(file, name + "/input.grad", gradient.input);
  check_golden_state(file, name + "/initial.grad/", gradient.initial_state);
  check_golden_gradients(file, name, layers);

  const auto inference = std::as_const(layers).forward(x, initial, lengths);
  check_golden_tensor(file, name + "/output", inference.output);
  check_golden_state(file, name + "/final/", inference.state);
}

/// The same for cells.
template <class T, class Cell>
void check_golden_cell(const SafetensorsFile& file, const std::string& name, Cell cell) {
  using State = typename Cell::State;
  CAPTURE(name);
  load_state_dict(file, cell, name + "/state/");
  zero_gradients(cell);
  const auto x = file.read<T, 2>(name + "/input");
  const auto initial = read_state<State>(file, name + "/initial/");
  typename Cell::Context context;
  check_golden_state(file, name + "/final/", cell.forward(x, initial, context));
  check_golden_state(file, name + "/final/", std::as_const(cell).forward(x, initial));
  const auto gradient = cell.backward(read_state<State>(file, name + "/cotangent/"), context);
  check_golden_tensor(file, name + "/input.grad", gradient.input);
  check_golden_state(file, name + "/initial.grad/", gradient.state);
  check_golden_gradients(file, name, cell);
}

/// The names and shapes of all parameters, one after another.
template <class Model>
std::string described_parameters(Model& model) {
  std::string text;
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    text += message(name.str(), ' ', parameter.value.shape(), "; ");
  });
  return text;
}

/// Checks that all parameters are spread over +-1 / sqrt(hidden_size).
template <class Model>
void check_parameter_range(Model& model, double bound) {
  for_each_parameter(model, [&](const Name&, auto& parameter) {
    const auto [least, greatest] = std::minmax_element(parameter.value.begin(), parameter.value.end());
    CHECK(static_cast<double>(*least) >= -bound);
    CHECK(static_cast<double>(*least) < -0.75 * bound);
    CHECK(static_cast<double>(*greatest) <= bound);
    CHECK(static_cast<double>(*greatest) > 0.75 * bound);
  });
}

}  // namespace pupil::testing
