#pragma once
// LstmRecurrence: one layer of an LSTM in one direction, over packed sequences: what Lstm stacks and LstmCell takes one
// step of. Its formulas are in nn/lstm.hpp; see kernels/recurrent/lstm.hpp for what is sequential.

#include <string>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/kernels/recurrent/lstm.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/nn/recurrent_state.hpp>
#include <pupil/nn/recurrent_weights.hpp>

namespace pupil {

/// Checks nothing: the layers that are made of it do.
template <class T>
class LstmRecurrence {
 public:
  using Scalar = T;
  using State = LstmState<T, 2>;       ///< [batch, hidden_size]
  using StackState = LstmState<T, 3>;  ///< [recurrences, batch, hidden_size]
  using Trace = kernels::LstmTrace<T>;
  static constexpr const char* layer_name = "lstm";
  static constexpr const char* cell_name = "lstm_cell";

  LstmRecurrence(const RecurrenceOptions& options, const std::string& suffix, Rng& rng)
      : weights_(options, 4, suffix, rng) {}

  /// From x, [time, batch, input_size] or for one step [batch, input_size], and the state before the first step: the
  /// state after each sequence's last step. The output is in the trace's hidden states.
  template <std::size_t Rank>
  State forward(const Tensor<T, Rank>& x, const kernels::PackedSequences& sequences, const State& initial,
                Trace& trace) const {
    Tensor<T, 1> bias = weights_.bias_ih.value;
    for (Index i = 0; i < bias.size(); ++i) bias[i] += weights_.bias_hh.value[i];
    trace.gates = weights_.input_side(x, sequences, bias);
    const Shape states{sequences.batch() + sequences.rows(), weights_.weight_hh.value.columns()};
    trace.cells = Tensor<T, 2>::uninitialized(states);
    trace.hiddens = Tensor<T, 2>::uninitialized(states);
    sequences.rank(initial.hidden, trace.hiddens);
    sequences.rank(initial.cell, trace.cells);
    kernels::lstm_forward(sequences, weights_.weight_hh.value, trace, *weights_.packed_hh);
    const auto final_row = [&](Index i) { return sequences.final_state(i); };
    return {sequences.unrank(trace.hiddens, final_row), sequences.unrank(trace.cells, final_row)};
  }

  /// Adds to the parameters' gradients and returns that of x, [time, batch, input_size]. `d_state` comes as the
  /// gradient of the final state and leaves as that of the initial one; `d_output` is as kernels::lstm_backward has it.
  template <std::size_t Rank>
  Tensor<T, 3> backward(const kernels::RowMajor<T>& d_output, State& d_state, const Tensor<T, Rank>& x,
                        const kernels::PackedSequences& sequences, const Trace& trace) {
    const Index size = weights_.weight_hh.value.columns();
    const Shape by_rank{sequences.batch(), size};
    auto d_hidden = Tensor<T, 2>::uninitialized(by_rank);
    auto d_cell = Tensor<T, 2>::uninitialized(by_rank);
    sequences.rank(d_state.hidden, d_hidden);
    sequences.rank(d_state.cell, d_cell);
    auto d_gates = Tensor<T, 2>::uninitialized({sequences.rows(), 4 * size});
    kernels::lstm_backward(sequences, weights_.weight_hh.value, trace, d_output, d_hidden, d_cell, d_gates);
    d_state = {sequences.unrank(d_hidden), sequences.unrank(d_cell)};

    weights_.add_input_weight_gradient(d_gates, x, sequences);
    weights_.add_recurrent_weight_gradient(d_gates, trace.hiddens, sequences);
    if (weights_.has_bias()) {
      const auto d_bias = weights_.bias_gradient(d_gates);
      kernels::add_to(weights_.bias_ih.gradient, d_bias);
      kernels::add_to(weights_.bias_hh.gradient, d_bias);
    }
    return weights_.input_gradient(d_gates, sequences);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    weights_.visit(visitor, name);
  }

 private:
  RecurrentWeights<T> weights_;
};

}  // namespace pupil
