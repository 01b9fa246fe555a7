#pragma once
// GruCell: one step of a GRU, by the formulas of nn/gru.hpp. PyTorch's twin is nn.GRUCell, and parameters have its
// names: weight_ih, weight_hh, bias_ih, bias_hh, each of them the gates r, z, n.
//
//   GruState<float, 2> state;  // zeros
//   for (...) state = cell.forward(x, state);

#include <pupil/nn/gru_recurrence.hpp>
#include <pupil/nn/recurrent_cell.hpp>

namespace pupil {

/// The options of GruCell.
using GruCellOptions = RecurrenceOptions;

/// x [batch, input_size] and a state of hidden [batch, hidden_size] give the next state.
template <class T>
using GruCell = RecurrentCell<GruRecurrence<T>>;

}  // namespace pupil
