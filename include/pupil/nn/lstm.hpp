#pragma once
// Lstm: recurrent layers with gates, over whole sequences. Hochreiter and Schmidhuber, "Long short-term memory", 1997,
// with the forget gate of Gers, Schmidhuber and Cummins, 2000; in both directions as by Graves and Schmidhuber, 2005.
// PyTorch's twin is nn.LSTM, and pack_padded_sequence where lengths are given.
//
//   i = σ(x_t W_i^T + h_{t-1} U_i^T + b_i)        c_t = f c_{t-1} + i g        (f, o: as i;  g: tanh in place of σ)
//                                                 h_t = o tanh(c_t)
//
// That is nn/lstm_recurrence.hpp; directions are those of nn/recurrent_layer.hpp, layers and the dropout between them
// those of nn/recurrent_layers.hpp. Parameters have PyTorch's names: weight_ih_l0 (W), weight_hh_l0 (U), bias_ih_l0 and
// bias_hh_l0 (b is their sum), each of them the gates i, f, g, o; weight_ih_l0_reverse, ..., weight_ih_l1, ...

#include <pupil/nn/lstm_recurrence.hpp>
#include <pupil/nn/recurrent_layers.hpp>

namespace pupil {

/// The options of Lstm.
using LstmOptions = RecurrentOptions;

/// PyTorch's nn.LSTM.
template <class T>
using Lstm = RecurrentLayers<LstmRecurrence<T>>;

/// What comes out of an Lstm, or the gradient of it: `output`, `state.hidden` and `state.cell`.
template <class T>
using LstmOutput = RecurrentOutput<T, LstmState<T>>;

/// The gradients of what went into an Lstm: `input`, `initial_state.hidden` and `initial_state.cell`.
template <class T>
using LstmGradient = RecurrentGradient<T, LstmState<T>>;

}  // namespace pupil
