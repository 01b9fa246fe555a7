#pragma once
// The sequential part of a GRU, forward and backward, over packed sequences. With the input side of all steps already
// in `gates`, step t is one product and one pointwise pass:
//
//   u_r, u_z, u_n = h_{t-1} U^T + b_U          r = σ(gates_r + u_r)          z = σ(gates_z + u_z)
//                                              n = tanh(gates_n + r u_n)     h_t = (1 - z) n + z h_{t-1}
//
// Backward, with dh what the later steps and the output ask of h_t:
//
//   dn = dh (1 - z)(1 - n²)         dgates_t = dn u_n r(1 - r), dh (h_{t-1} - n) z(1 - z), dn
//                                   du_t = dgates_r, dgates_z, dn r          dh_{t-1} = dh z + du_t U
//
// Only dh runs through the steps; the gradients of all weights are products over all rows of dgates and du afterwards.

#include <algorithm>

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
struct GruTrace {
  Tensor<T, 2> gates;       ///< [rows, 3 hidden_size]: reset gate, update gate and candidate
  Tensor<T, 2> recurrents;  ///< [rows, hidden_size]: u_n, of which the reset gate lets a part into the candidate
  Tensor<T, 2> hiddens;     ///< [batch + rows, hidden_size]: initial states by rank, then that after every row
};

/// The gradients of the two sums that the gates are functions of.
template <class T>
struct GruGateGradients {
  Tensor<T, 2> input;      ///< dgates [rows, 3 hidden_size]: of the input side
  Tensor<T, 2> recurrent;  ///< du [rows, 3 hidden_size]: of the recurrent side
};

namespace detail {

/// One row forward: `gates` before their functions become gates after them. `recurrent` holds u_r, u_z and u_n.
template <class T>
void gru_row(Index size, const T* recurrent, const T* previous, T* gates, T* kept_recurrent, T* hidden) {
  for (Index i = 0; i < size; i += lane_count) {
    const auto load = [&](const T* numbers) { return load_lanes(numbers + i, size - i, T{0}); };
    const auto store = [&](const Lanes<T>& lanes, T* numbers) { store_lanes<T>(lanes, size - i, numbers + i); };
    const Lanes<T> for_candidate = load(recurrent + 2 * size);
    const Lanes<T> reset = logistic<T>(load(gates) + load(recurrent));
    const Lanes<T> update = logistic<T>(load(gates + size) + load(recurrent + size));
    const Lanes<T> candidate = (load(gates + 2 * size) + reset * for_candidate).tanh();
    store(reset, gates);
    store(update, gates + size);
    store(candidate, gates + 2 * size);
    store(for_candidate, kept_recurrent);
    store(candidate + update * (load(previous) - candidate), hidden);
  }
}

/// One row backward: dh becomes complete, and then what of it the update gate passes to the step before.
template <class T>
void gru_row_backward(Index size, const T* gates, const T* recurrent, const T* previous, const T* d_output, T* d_hidden,
                      T* d_gates, T* d_recurrent) {
  const ConstRowMap<T> reset(gates, size);
  const ConstRowMap<T> update(gates + size, size);
  const ConstRowMap<T> candidate(gates + 2 * size, size);
  RowMap<T> dh(d_hidden, size);
  RowMap<T> d_candidate(d_gates + 2 * size, size);
  if (d_output != nullptr) dh += ConstRowMap<T>(d_output, size);
  d_candidate = dh * (1 - update) * (1 - candidate.square());
  RowMap<T>(d_gates, size) = d_candidate * ConstRowMap<T>(recurrent, size) * reset * (1 - reset);
  RowMap<T>(d_gates + size, size) = dh * (ConstRowMap<T>(previous, size) - candidate) * update * (1 - update);
  std::copy_n(d_gates, 2 * size, d_recurrent);
  RowMap<T>(d_recurrent + 2 * size, size) = d_candidate * reset;
  dh *= update;
}

}  // namespace detail

/// All steps forward. `recurrent_weight` is U [3 hidden_size, hidden_size], `recurrent_bias` b_U [3 hidden_size], zero
/// where it has no elements; `trace` comes with the input side in its gates and the initial states in its first rows,
/// and leaves complete. `packed` was made of U^T, or is empty.
template <class T>
void gru_forward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight,
                 const Tensor<T, 1>& recurrent_bias, GruTrace<T>& trace, const PackedWeights<T>& packed = {});

/// All steps backward. `d_hidden` [batch, hidden_size], by rank, comes as the gradient of the final states and leaves
/// as that of the initial ones; `d_gates` is written whole. `d_output`, the matrix of a [time, batch, hidden_size]
/// tensor, is not read at padding; where it has no data it stands for zeros.
template <class T>
void gru_backward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight, const GruTrace<T>& trace,
                  const RowMajor<T>& d_output, Tensor<T, 2>& d_hidden, GruGateGradients<T>& d_gates);

#ifndef PUPIL_COMPILED
template <class T>
void gru_forward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight,
                 const Tensor<T, 1>& recurrent_bias, GruTrace<T>& trace, const PackedWeights<T>& packed) {
  const Index size = trace.hiddens.columns();
  auto recurrent = Tensor<T, 2>::uninitialized({sequences.batch(), 3 * size});  // u of one step
  const T* const bias = recurrent_bias.empty() ? nullptr : recurrent_bias.data();
  with_recurrent_product(recurrent_weight, packed, sequences.batch(), [&](const auto& multiply) {
    for (Index t = 0; t < sequences.time(); ++t) {
      const Index before = sequences.state_begin(t);
      const Index after = sequences.state_begin(t + 1);
      const Index begin = sequences.begin(t);
      multiply(RowMajor<T>{trace.hiddens.row(before), sequences.active(t), size, size},
               Destination<T>{recurrent.data(), 3 * size, false, bias});
      parallel_ranges(sequences.active(t), rows_a_range(3 * size), [&](Index first, Index last) {
        for (Index r = first; r < last; ++r) {
          detail::gru_row<T>(size, recurrent.row(r), trace.hiddens.row(before + r), trace.gates.row(begin + r),
                             trace.recurrents.row(begin + r), trace.hiddens.row(after + r));
        }
      });
    }
  });
}

template <class T>
void gru_backward(const PackedSequences& sequences, const Tensor<T, 2>& recurrent_weight, const GruTrace<T>& trace,
                  const RowMajor<T>& d_output, Tensor<T, 2>& d_hidden, GruGateGradients<T>& d_gates) {
  const Index size = trace.hiddens.columns();
  with_recurrent_gradient_product(recurrent_weight, [&](const auto& multiply) {
    for (Index t = sequences.time() - 1; t >= 0; --t) {
      const Index before = sequences.state_begin(t);
      const Index begin = sequences.begin(t);
      parallel_ranges(sequences.active(t), rows_a_range(3 * size), [&](Index first, Index last) {
        for (Index r = first; r < last; ++r) {
          detail::gru_row_backward<T>(size, trace.gates.row(begin + r), trace.recurrents.row(begin + r),
                                      trace.hiddens.row(before + r),
                                      detail::row_or_zeros(d_output, sequences.positions()[begin + r]), d_hidden.row(r),
                                      d_gates.input.row(begin + r), d_gates.recurrent.row(begin + r));
        }
      });
      multiply(RowMajor<T>{d_gates.recurrent.row(begin), sequences.active(t), 3 * size, 3 * size}, added_to(d_hidden));
    }
  });
}
#endif

}  // namespace pupil::kernels
