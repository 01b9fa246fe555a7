#pragma once
// Takes some of the rows of what a decoder remembers: those of the hypotheses that are kept.

#include <cstddef>
#include <span>

#include <pupil/core/tensor.hpp>
#include <pupil/core/tensor_layout.hpp>
#include <pupil/nn/recurrent_state.hpp>

namespace pupil::captioning {

/// The items of [layers, items, features], or the rows of [rows, features], that `kept` names, in its order; one may
/// come several times.
template <class T, std::size_t Rank>
Tensor<T, Rank> select_items(const Tensor<T, Rank>& all, std::span<const Index> kept) {
  return index_select(all, Rank - 2, kept);
}

/// The same of every part of a recurrent layer's or cell's state.
template <class RecurrentState>
void select_state_rows(RecurrentState& state, std::span<const Index> kept) {
  RecurrentState::for_each_part([&](const char*, auto& part) { part = select_items(part, kept); }, state);
}

}  // namespace pupil::captioning
