#pragma once
// Gru: recurrent layers with two gates and no cell, over whole sequences. Cho, van Merriënboer, Gulcehre, Bahdanau,
// Bougares, Schwenk, Bengio, "Learning phrase representations using RNN encoder-decoder", 2014, in the form of cuDNN,
// whose reset gate acts after the product. PyTorch's twin is nn.GRU, and pack_padded_sequence where lengths are given.
//
//   r = σ(x_t W_r^T + b_r + h_{t-1} U_r^T + c_r)        n = tanh(x_t W_n^T + b_n + r (h_{t-1} U_n^T + c_n))
//   z = σ(x_t W_z^T + b_z + h_{t-1} U_z^T + c_z)        h_t = (1 - z) n + z h_{t-1}
//
// That is nn/gru_recurrence.hpp; directions are those of nn/recurrent_layer.hpp, layers and the dropout between them
// those of nn/recurrent_layers.hpp. Parameters have PyTorch's names: weight_ih_l0 (W), weight_hh_l0 (U), bias_ih_l0 (b)
// and bias_hh_l0 (c), each of them the gates r, z, n; weight_ih_l0_reverse, ..., weight_ih_l1, ...

#include <pupil/nn/gru_recurrence.hpp>
#include <pupil/nn/recurrent_layers.hpp>

namespace pupil {

/// The options of Gru.
using GruOptions = RecurrentOptions;

/// PyTorch's nn.GRU.
template <class T>
using Gru = RecurrentLayers<GruRecurrence<T>>;

/// What comes out of a Gru, or the gradient of it: `output` and `state.hidden`.
template <class T>
using GruOutput = RecurrentOutput<T, GruState<T>>;

/// The gradients of what went into a Gru: `input` and `initial_state.hidden`.
template <class T>
using GruGradient = RecurrentGradient<T, GruState<T>>;

}  // namespace pupil
