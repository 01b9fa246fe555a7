#pragma once
// LstmCell: one step of an LSTM, by the formulas of nn/lstm.hpp. PyTorch's twin is nn.LSTMCell, and parameters have its
// names: weight_ih, weight_hh, bias_ih, bias_hh, each of them the gates i, f, g, o.
//
//   LstmState<float, 2> state;  // zeros
//   for (...) state = cell.forward(x, state);

#include <pupil/nn/lstm_recurrence.hpp>
#include <pupil/nn/recurrent_cell.hpp>

namespace pupil {

/// The options of LstmCell.
using LstmCellOptions = RecurrenceOptions;

/// x [batch, input_size] and a state of hidden and cell [batch, hidden_size] give the next state.
template <class T>
using LstmCell = RecurrentCell<LstmRecurrence<T>>;

}  // namespace pupil
