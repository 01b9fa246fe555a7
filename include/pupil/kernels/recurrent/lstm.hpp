#pragma once
// The sequential part of an LSTM, forward and backward, over packed sequences. With the input side of all steps already
// in `gates`, step t is one product and one pointwise pass:
//
//   i, f, g, o = gates_t + h_{t-1} U^T         c_t = σ(f) c_{t-1} + σ(i) tanh(g)         h_t = σ(o) tanh(c_t)
//
// Backward, with dh and dc what the later steps and the output ask of h_t and c_t, and i, f, g, o after their
// functions:
//
//   dc += dh o (1 - tanh² c_t)                 dgates_t = dc g i(1 - i), dc c_{t-1} f(1 - f), dc i (1 - g²), dh
//   tanh(c_t) o(1 - o) dc_{t-1} = dc f                            dh_{t-1} = dgates_t U
//
// Only dh and dc run through the steps; the gradients of all weights are products over all rows of dgates afterwards.

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/kernels/recurrent/row_maps.hpp>
#ifndef PUPIL_COMPILED
#include <pupil/kernels/recurrent/steps.hpp>
#endif

namespace pupil::kernels {

/// What every step computed. Rows are those of PackedSequences.
template <class T>
struct LstmTrace {
  Tensor<T, 2> gates;    ///< [rows, 4 hidden_size]: input, forget, candidate and output gate
  Tensor<T, 2> cells;    ///< [batch + rows, hidden_size]: initial states by rank, then that after every row
  Tensor<T, 2> hiddens;  ///< as cells
};

namespace detail {

/// One row forward: `gates` before their functions become gates after them.
template <class T>
void lstm_row(Index size, T* gates, const T* previous_cell, T* cell, T* hidden) {
  for (Index i = 0; i < size; i += lane_count) {
    const auto load = [&](const T* numbers) { return load_lanes(numbers + i, size - i, T{0}); };
    const auto store = [&](const Lanes<T>& lanes, T* numbers) { store_lanes<T>(lanes, size - i, numbers + i); };
    const Lanes<T> input = logistic<T>(load(gates));
    const Lanes<T> forget = logistic<T>(load(gates + size));
    const Lanes<T> candidate = load(gates + 2 * size).tanh();
    const Lanes<T> output = logistic<T>(load(gates + 3 * size));
    const Lanes<T> new_cell = forget * load(previous_cell) + input * candidate;
    store(input, gates);
    store(forget, gates + size);
    store(candidate, gates + 2 * size);
    store(output, gates + 3 * size);
    store(new_cell, cell);
    store(output * new_cell.tanh(), hidden);
  }
}

/// One row backward: dc becomes that of the step before; dh becomes complete, and is used up.
template <class T>
void lstm_row_backward(Index size, const T* gates, const T* previous_cell, const T* cell, const T* d_output,
                       T* d_hidden, T* d_cell, T* d_gates) {
  const ConstRowMap<T> input(gates, size);
  const ConstRowMap<T> forget(gates + size, size);
  const ConstRowMap<T> candidate(gates + 2 * size, size);
  const ConstRowMap<T> output(gates + 3 * size, size);
  RowMap<T> dh(d_hidden, size);
  RowMap<T> dc(d_cell, size);
  RowMap<T> last(d_gates + 3 * size, size);
  if (d_output != nullptr) dh += ConstRowMap<T>(d_output, size);
  last = ConstRowMap<T>(cell, size).tanh();
  dc += dh * output * (1 - last.square());
  last *= dh * output * (1 - output);
  RowMap<T>(d_gates, size) = dc * candidate * input * (1 - input);
  RowMap<T>(d_gates + size, size) = dc * ConstRowMap<T>(previous_cell, size) * forget * (1 - forget);
  RowMap<T>(d_gates + 2 * size, size) = dc * input * (1 - candidate.square());
  dc *= forget;
}

}  // namespace detail

/// The pointwise pass of step t forward: `trace` comes with the gates of the step before their functions.
template <class T>
void lstm_step(const PackedSequences& sequences, Index t, LstmTrace<T>& trace) {
  const Index size = trace.hiddens.columns();
  const Index before = sequences.state_begin(t);
  const Index after = sequences.state_begin(t + 1);
  T* const gates = trace.gates.row(sequences.begin(t));
  parallel_ranges(sequences.active(t), rows_a_range(4 * size), [&](Index first, Index last) {
    for (Index r = first; r < last; ++r) {
      detail::lstm_row(size, gates + r * 4 * size, trace.cells.row(before + r), trace.cells.row(after + r),
                       trace.hiddens.row(after + r));
    }
  });
}

/// The pointwise pass of step t backward: writes the step's rows of `d_gates`, moves `d_cell` to the step before and
/// uses up `d_hidden`. `d_output(r)` is what is added to the hidden state's gradient of packed row r, or nullptr.
template <class T, class OutputGradient>
void lstm_step_backward(const PackedSequences& sequences, Index t, const LstmTrace<T>& trace,
                        const OutputGradient& d_output, Tensor<T, 2>& d_hidden, Tensor<T, 2>& d_cell,
                        Tensor<T, 2>& d_gates) {
  const Index size = trace.hiddens.columns();
  const Index before = sequences.state_begin(t);
  const Index after = sequences.state_begin(t + 1);
  const Index begin = sequences.begin(t);
  parallel_ranges(sequences.active(t), rows_a_range(4 * size), [&](Index first, Index last) {
    for (Index r = first; r < last; ++r) {
      detail::lstm_row_backward(size, trace.gates.row(begin + r), trace.cells.row(before + r),
                                trace.cells.row(after + r), d_output(begin + r), d_hidden.row(r), d_cell.row(r),
                                d_gates.row(begin + r));
    }
  });
}

/// All steps forward. `recurrent_weight` is U [4 hidden_size, hidden_size]; `trace` comes with the input side in its
/// gates and the initial states in its first rows, and leaves complete. `packed` was made of U^T, or is empty.
template <class T>
void lstm_forward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight, LstmTrace<T>& trace,
                  const PackedWeights<T>& packed = {});

/// All steps backward. `d_hidden` and `d_cell` [batch, hidden_size], by rank, come as the gradients of the final states
/// and leave as those of the initial ones; `d_gates` [rows, 4 hidden_size] is written whole. `d_output`, the matrix of
/// a [time, batch, hidden_size] tensor, is not read at padding; where it has no data it stands for zeros.
template <class T>
void lstm_backward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight, const LstmTrace<T>& trace,
                   const RowMajor<T>& d_output, Tensor<T, 2>& d_hidden, Tensor<T, 2>& d_cell, Tensor<T, 2>& d_gates);

#ifndef PUPIL_COMPILED
template <class T>
void lstm_forward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight, LstmTrace<T>& trace,
                  const PackedWeights<T>& packed) {
  const Index size = trace.hiddens.columns();
  with_recurrent_product(recurrent_weight, packed, sequences.batch(), [&](const auto& multiply) {
    for (Index t = 0; t < sequences.time(); ++t) {
      multiply(RowMajor<T>{trace.hiddens.row(sequences.state_begin(t)), sequences.active(t), size, size},
               Destination<T>{trace.gates.row(sequences.begin(t)), 4 * size, true});
      lstm_step(sequences, t, trace);
    }
  });
}

template <class T>
void lstm_backward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight, const LstmTrace<T>& trace,
                   const RowMajor<T>& d_output, Tensor<T, 2>& d_hidden, Tensor<T, 2>& d_cell, Tensor<T, 2>& d_gates) {
  const Index size = trace.hiddens.columns();
  const auto d_output_row = [&](Index r) { return detail::row_or_zeros(d_output, sequences.positions()[r]); };
  with_recurrent_gradient_product(recurrent_weight, [&](const auto& multiply) {
    for (Index t = sequences.time() - 1; t >= 0; --t) {
      lstm_step_backward(sequences, t, trace, d_output_row, d_hidden, d_cell, d_gates);
      multiply(RowMajor<T>{d_gates.row(sequences.begin(t)), sequences.active(t), 4 * size, 4 * size}, into(d_hidden));
    }
  });
}
#endif

}  // namespace pupil::kernels
