#include <algorithm>
#include <array>
#include <numeric>

#include <pupil/nn/gru.hpp>
#include <pupil/nn/gru_cell.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/lstm_cell.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// Sequences of unequal lengths, as pupil and as PyTorch want them.
struct Sequences {
  explicit Sequences(Draw& draw) : time(draw.between(1, 7)), batch(draw.between(1, 5)) {
    for (Index i = 0; i < batch; ++i) lengths.push_back(draw.between(1, time));
    lengths[static_cast<std::size_t>(draw.between(0, batch - 1))] = time;
    std::vector<std::int64_t> by_length(lengths.size());
    std::iota(by_length.begin(), by_length.end(), 0);
    std::ranges::stable_sort(by_length, [&](auto a, auto b) { return length(a) > length(b); });
    std::vector<std::int64_t> sorted_lengths;
    for (const auto i : by_length) sorted_lengths.push_back(length(i));
    order = at::tensor(by_length);
    sorted = at::tensor(sorted_lengths);
  }

  std::int64_t length(std::int64_t i) const { return lengths[static_cast<std::size_t>(i)]; }

  Index time;
  Index batch;
  std::vector<Index> lengths;
  at::Tensor order;   ///< which sequence is the longest, the second, ...
  at::Tensor sorted;  ///< their lengths
};

/// Output and final states of PyTorch's layers, the batch in its own order.
template <class Packed>
std::vector<at::Tensor> run_packed(const Sequences& sequences, const at::Tensor& input, const Packed& run) {
  const auto [data, batch_sizes] =
      at::_pack_padded_sequence(input.index_select(1, sequences.order), sequences.sorted, false);
  std::vector<at::Tensor> results = run(data, batch_sizes);
  const auto padded = at::_pad_packed_sequence(results[0], batch_sizes, false, 0, sequences.time);
  results[0] = std::get<0>(padded);
  const auto original = at::argsort(sequences.order);
  for (at::Tensor& result : results) result = result.index_select(1, original);
  return results;
}

/// PyTorch's flat list of weights: of each layer and direction, in the order of the state dict.
template <class Layer>
std::vector<at::Tensor> flat_weights(Layer& layer, const State& state) {
  std::vector<at::Tensor> weights;
  for_each_parameter(layer, [&](const Name& name, auto&) { weights.push_back(state.at(name.str())); });
  return weights;
}

RecurrentOptions draw_options(Draw& draw) {
  return {.input_size = draw.between(1, 9),
          .hidden_size = draw.between(1, 9),
          .num_layers = draw.between(1, 3),
          .bias = draw.coin(),
          .bidirectional = draw.coin()};
}

template <class T>
void check_lstm(Draw& draw) {
  const RecurrentOptions options = draw_options(draw);
  const Sequences sequences(draw);
  Lstm<T> layer(options, draw.rng());
  const Index directions = options.num_layers * (options.bidirectional ? 2 : 1);
  const Shape<3> state_shape{directions, sequences.batch, options.hidden_size};
  const auto x = draw.tensor<T>(Shape{sequences.time, sequences.batch, options.input_size});
  const LstmState<T> initial{draw.tensor<T>(state_shape), draw.tensor<T>(state_shape)};

  typename Lstm<T>::Context context;
  const auto y = layer.forward(x, initial, sequences.lengths, context);
  const LstmOutput<T> dy{draw.tensor<T>(y.output.shape()), {draw.tensor<T>(state_shape), draw.tensor<T>(state_shape)}};
  const auto gradient = layer.backward(dy, context);

  State inputs = state_of(layer);
  inputs["the input"] = as_it_lies(x);
  inputs["the hidden state"] = as_it_lies(initial.hidden);
  inputs["the cell state"] = as_it_lies(initial.cell);
  const auto reference = [&](const State& state) {
    const auto run = [&](const at::Tensor& data, const at::Tensor& batch_sizes) {
      const std::vector<at::Tensor> states{state.at("the hidden state").index_select(1, sequences.order),
                                           state.at("the cell state").index_select(1, sequences.order)};
      const auto [output, hidden, cell] = at::lstm(data, batch_sizes, states, flat_weights(layer, state), options.bias,
                                                   options.num_layers, 0.0, true, options.bidirectional);
      return std::vector<at::Tensor>{output, hidden, cell};
    };
    const auto results = run_packed(sequences, state.at("the input"), run);
    return State{
        {"the output", results[0]}, {"the final hidden state", results[1]}, {"the final cell state", results[2]}};
  };
  const Twin<T> twin(std::move(inputs),
                     {{"the output", as_it_lies(dy.output)},
                      {"the final hidden state", as_it_lies(dy.state.hidden)},
                      {"the final cell state", as_it_lies(dy.state.cell)}},
                     reference, draw.rng());
  twin.compare("the output", y.output);
  twin.compare("the final hidden state", y.state.hidden);
  twin.compare("the final cell state", y.state.cell);
  twin.compare("the gradient of the input", gradient.input);
  twin.compare("the gradient of the hidden state", gradient.initial_state.hidden);
  twin.compare("the gradient of the cell state", gradient.initial_state.cell);
  compare_gradients(layer, twin);
}

template <class T>
void check_gru(Draw& draw) {
  const RecurrentOptions options = draw_options(draw);
  const Sequences sequences(draw);
  Gru<T> layer(options, draw.rng());
  const Index directions = options.num_layers * (options.bidirectional ? 2 : 1);
  const Shape<3> state_shape{directions, sequences.batch, options.hidden_size};
  const auto x = draw.tensor<T>(Shape{sequences.time, sequences.batch, options.input_size});
  const GruState<T> initial{draw.tensor<T>(state_shape)};

  typename Gru<T>::Context context;
  const auto y = layer.forward(x, initial, sequences.lengths, context);
  const GruOutput<T> dy{draw.tensor<T>(y.output.shape()), {draw.tensor<T>(state_shape)}};
  const auto gradient = layer.backward(dy, context);

  State inputs = state_of(layer);
  inputs["the input"] = as_it_lies(x);
  inputs["the hidden state"] = as_it_lies(initial.hidden);
  const auto reference = [&](const State& state) {
    const auto run = [&](const at::Tensor& data, const at::Tensor& batch_sizes) {
      const auto [output, hidden] =
          at::gru(data, batch_sizes, state.at("the hidden state").index_select(1, sequences.order),
                  flat_weights(layer, state), options.bias, options.num_layers, 0.0, true, options.bidirectional);
      return std::vector<at::Tensor>{output, hidden};
    };
    const auto results = run_packed(sequences, state.at("the input"), run);
    return State{{"the output", results[0]}, {"the final hidden state", results[1]}};
  };
  const Twin<T> twin(std::move(inputs),
                     {{"the output", as_it_lies(dy.output)}, {"the final hidden state", as_it_lies(dy.state.hidden)}},
                     reference, draw.rng());
  twin.compare("the output", y.output);
  twin.compare("the final hidden state", y.state.hidden);
  twin.compare("the gradient of the input", gradient.input);
  twin.compare("the gradient of the hidden state", gradient.initial_state.hidden);
  compare_gradients(layer, twin);
}

RecurrenceOptions draw_cell_options(Draw& draw) {
  return {.input_size = draw.between(1, 20), .hidden_size = draw.between(1, 20), .bias = draw.coin()};
}

template <class T>
void check_lstm_cell(Draw& draw) {
  const LstmCellOptions options = draw_cell_options(draw);
  LstmCell<T> cell(options, draw.rng());
  const Shape<2> shape{draw.between(1, 9), options.hidden_size};
  const auto x = draw.tensor<T>(Shape{shape[0], options.input_size});
  const LstmState<T, 2> before{draw.tensor<T>(shape), draw.tensor<T>(shape)};
  const LstmState<T, 2> d_after{draw.tensor<T>(shape), draw.tensor<T>(shape)};

  typename LstmCell<T>::Context context;
  const auto after = cell.forward(x, before, context);
  const auto gradient = cell.backward(d_after, context);

  State inputs = state_of(cell);
  inputs["the input"] = as_it_lies(x);
  inputs["the hidden state"] = as_it_lies(before.hidden);
  inputs["the cell state"] = as_it_lies(before.cell);
  const auto reference = [](const State& state) {
    const std::vector<at::Tensor> states{state.at("the hidden state"), state.at("the cell state")};
    const auto [hidden, memory] =
        at::lstm_cell(state.at("the input"), states, state.at("weight_ih"), state.at("weight_hh"),
                      optional(state, "bias_ih"), optional(state, "bias_hh"));
    return State{{"the next hidden state", hidden}, {"the next cell state", memory}};
  };
  const Twin<T> twin(
      std::move(inputs),
      {{"the next hidden state", as_it_lies(d_after.hidden)}, {"the next cell state", as_it_lies(d_after.cell)}},
      reference, draw.rng());
  twin.compare("the next hidden state", after.hidden);
  twin.compare("the next cell state", after.cell);
  twin.compare("the gradient of the input", gradient.input);
  twin.compare("the gradient of the hidden state", gradient.state.hidden);
  twin.compare("the gradient of the cell state", gradient.state.cell);
  compare_gradients(cell, twin);
}

template <class T>
void check_gru_cell(Draw& draw) {
  const GruCellOptions options = draw_cell_options(draw);
  GruCell<T> cell(options, draw.rng());
  const Shape<2> shape{draw.between(1, 9), options.hidden_size};
  const auto x = draw.tensor<T>(Shape{shape[0], options.input_size});
  const GruState<T, 2> before{draw.tensor<T>(shape)};
  const GruState<T, 2> d_after{draw.tensor<T>(shape)};

  typename GruCell<T>::Context context;
  const auto after = cell.forward(x, before, context);
  const auto gradient = cell.backward(d_after, context);

  State inputs = state_of(cell);
  inputs["the input"] = as_it_lies(x);
  inputs["the hidden state"] = as_it_lies(before.hidden);
  const auto reference = [](const State& state) {
    return State{{"the next hidden state",
                  at::gru_cell(state.at("the input"), state.at("the hidden state"), state.at("weight_ih"),
                               state.at("weight_hh"), optional(state, "bias_ih"), optional(state, "bias_hh"))}};
  };
  const Twin<T> twin(std::move(inputs), {{"the next hidden state", as_it_lies(d_after.hidden)}}, reference, draw.rng());
  twin.compare("the next hidden state", after.hidden);
  twin.compare("the gradient of the input", gradient.input);
  twin.compare("the gradient of the hidden state", gradient.state.hidden);
  compare_gradients(cell, twin);
}

}  // namespace

void add_recurrent(Agreements& agreements) {
  agreements.push_back({"lstm", check_lstm<double>, check_lstm<float>});
  agreements.push_back({"gru", check_gru<double>, check_gru<float>});
  agreements.push_back({"lstm_cell", check_lstm_cell<double>, check_lstm_cell<float>});
  agreements.push_back({"gru_cell", check_gru_cell<double>, check_gru_cell<float>});
}

}  // namespace pupil::agreement
