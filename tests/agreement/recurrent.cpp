#include <algorithm>
#include <array>
#include <numeric>

#include <pupil/nn/gru.hpp>
#include <pupil/nn/lstm.hpp>

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

  const State state = state_of(layer);
  const auto input = as_it_lies(x).requires_grad_();
  const auto hidden = as_it_lies(initial.hidden).requires_grad_();
  const auto cell = as_it_lies(initial.cell).requires_grad_();
  const auto expected = run_packed(sequences, input, [&](const at::Tensor& data, const at::Tensor& batch_sizes) {
    const std::vector<at::Tensor> states{hidden.index_select(1, sequences.order),
                                         cell.index_select(1, sequences.order)};
    const auto [output, last_hidden, last_cell] =
        at::lstm(data, batch_sizes, states, flat_weights(layer, state), options.bias, options.num_layers, 0.0, true,
                 options.bidirectional);
    return std::vector<at::Tensor>{output, last_hidden, last_cell};
  });

  typename Lstm<T>::Context context;
  const auto y = layer.forward(x, initial, sequences.lengths, context);
  compare_tensor("the output", y.output, expected[0]);
  compare_tensor("the final hidden state", y.state.hidden, expected[1]);
  compare_tensor("the final cell state", y.state.cell, expected[2]);
  const LstmOutput<T> dy{draw.tensor<T>(y.output.shape()), {draw.tensor<T>(state_shape), draw.tensor<T>(state_shape)}};
  const auto sum = (expected[0] * as_it_lies(dy.output)).sum() + (expected[1] * as_it_lies(dy.state.hidden)).sum() +
                   (expected[2] * as_it_lies(dy.state.cell)).sum();
  sum.backward();
  const auto gradient = layer.backward(dy, context);
  compare_tensor("the gradient of the input", gradient.input, input.grad());
  compare_tensor("the gradient of the hidden state", gradient.initial_state.hidden, hidden.grad());
  compare_tensor("the gradient of the cell state", gradient.initial_state.cell, cell.grad());
  compare_gradients(layer, state);
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

  const State state = state_of(layer);
  const auto input = as_it_lies(x).requires_grad_();
  const auto hidden = as_it_lies(initial.hidden).requires_grad_();
  const auto expected = run_packed(sequences, input, [&](const at::Tensor& data, const at::Tensor& batch_sizes) {
    const auto [output, last_hidden] =
        at::gru(data, batch_sizes, hidden.index_select(1, sequences.order), flat_weights(layer, state), options.bias,
                options.num_layers, 0.0, true, options.bidirectional);
    return std::vector<at::Tensor>{output, last_hidden};
  });

  typename Gru<T>::Context context;
  const auto y = layer.forward(x, initial, sequences.lengths, context);
  compare_tensor("the output", y.output, expected[0]);
  compare_tensor("the final hidden state", y.state.hidden, expected[1]);
  const GruOutput<T> dy{draw.tensor<T>(y.output.shape()), {draw.tensor<T>(state_shape)}};
  const auto sum = (expected[0] * as_it_lies(dy.output)).sum() + (expected[1] * as_it_lies(dy.state.hidden)).sum();
  sum.backward();
  const auto gradient = layer.backward(dy, context);
  compare_tensor("the gradient of the input", gradient.input, input.grad());
  compare_tensor("the gradient of the hidden state", gradient.initial_state.hidden, hidden.grad());
  compare_gradients(layer, state);
}

}  // namespace

void add_recurrent(Agreements& agreements) {
  agreements.push_back({"lstm", check_lstm<double>, check_lstm<float>});
  agreements.push_back({"gru", check_gru<double>, check_gru<float>});
}

}  // namespace pupil::agreement
