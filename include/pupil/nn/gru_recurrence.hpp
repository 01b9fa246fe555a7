#pragma once
// GruRecurrence: one layer of a GRU in one direction, over packed sequences: what Gru stacks and GruCell takes one step
// of. Its formulas are in nn/gru.hpp; see kernels/recurrent/gru.hpp for what is sequential.

#include <string>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/kernels/recurrent/gru.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/nn/recurrent_state.hpp>
#include <pupil/nn/recurrent_weights.hpp>

namespace pupil {

/// Checks nothing: the layers that are made of it do.
template <class T>
class GruRecurrence {
 public:
  using Scalar = T;
  using State = GruState<T, 2>;       ///< [batch, hidden_size]
  using StackState = GruState<T, 3>;  ///< [recurrences, batch, hidden_size]
  using Trace = kernels::GruTrace<T>;
  static constexpr const char* layer_name = "gru";
  static constexpr const char* cell_name = "gru_cell";

  GruRecurrence(const RecurrenceOptions& options, const std::string& suffix, Rng& rng)
      : weights_(options, 3, suffix, rng) {}

  /// From x, [time, batch, input_size] or for one step [batch, input_size], and the state before the first step: the
  /// state after each sequence's last step. The output is in the trace's hidden states.
  template <std::size_t Rank>
  State forward(const Tensor<T, Rank>& x, const kernels::PackedSequences& sequences, const State& initial,
                Trace& trace) const {
    const Index size = weights_.weight_hh.value.columns();
    trace.gates = weights_.input_side(x, sequences, weights_.bias_ih.value);
    trace.recurrents = Tensor<T, 2>::uninitialized({sequences.rows(), size});
    trace.hiddens = Tensor<T, 2>::uninitialized({sequences.batch() + sequences.rows(), size});
    sequences.rank(initial.hidden, trace.hiddens);
    kernels::gru_forward(sequences, weights_.weight_hh.value, weights_.bias_hh.value, trace, *weights_.packed_hh);
    return {sequences.unrank(trace.hiddens, [&](Index i) { return sequences.final_state(i); })};
  }

  /// Adds to the parameters' gradients and returns that of x, [time, batch, input_size]. `d_state` comes as the
  /// gradient of the final state and leaves as that of the initial one; `d_output` is as kernels::gru_backward has it.
  template <std::size_t Rank>
  Tensor<T, 3> backward(const kernels::RowMajor<T>& d_output, State& d_state, const Tensor<T, Rank>& x,
                        const kernels::PackedSequences& sequences, const Trace& trace) {
    const Index size = weights_.weight_hh.value.columns();
    auto d_hidden = Tensor<T, 2>::uninitialized({sequences.batch(), size});
    sequences.rank(d_state.hidden, d_hidden);
    const Shape gates{sequences.rows(), 3 * size};
    kernels::GruGateGradients<T> d_gates{Tensor<T, 2>::uninitialized(gates), Tensor<T, 2>::uninitialized(gates)};
    kernels::gru_backward(sequences, weights_.weight_hh.value, trace, d_output, d_hidden, d_gates);
    d_state = {sequences.unrank(d_hidden)};

    weights_.add_input_weight_gradient(d_gates.input, x, sequences);
    weights_.add_recurrent_weight_gradient(d_gates.recurrent, trace.hiddens, sequences);
    if (weights_.has_bias()) {
      kernels::add_to(weights_.bias_ih.gradient, weights_.bias_gradient(d_gates.input));
      kernels::add_to(weights_.bias_hh.gradient, weights_.bias_gradient(d_gates.recurrent));
    }
    return weights_.input_gradient(d_gates.input, sequences);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    weights_.visit(visitor, name);
  }

 private:
  RecurrentWeights<T> weights_;
};

}  // namespace pupil
