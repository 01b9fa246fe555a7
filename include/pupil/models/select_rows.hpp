#pragma once
// Takes some of the rows of what a decoder remembers: those of the hypotheses that are kept.

#include <algorithm>
#include <span>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/recurrent_state.hpp>

namespace pupil::captioning {

/// The items of [layers, items, features] that `kept` names, in its order; one may come several times.
template <class T>
Tensor<T, 3> select_items(const Tensor<T, 3>& all, std::span<const Index> kept) {
  const auto count = static_cast<Index>(kept.size());
  auto selected = Tensor<T, 3>::uninitialized({all.dim(0), count, all.columns()});
  for (Index layer = 0; layer < all.dim(0); ++layer) {
    for (Index i = 0; i < count; ++i) {
      const Index item = kept[static_cast<std::size_t>(i)];
      std::copy_n(all.row(layer * all.dim(1) + item), all.columns(), selected.row(layer * count + i));
    }
  }
  return selected;
}

/// The rows of [rows, features] that `kept` names.
template <class T>
Tensor<T, 2> select_items(const Tensor<T, 2>& all, std::span<const Index> kept) {
  const auto count = static_cast<Index>(kept.size());
  auto selected = Tensor<T, 2>::uninitialized({count, all.columns()});
  for (Index i = 0; i < count; ++i) {
    std::copy_n(all.row(kept[static_cast<std::size_t>(i)]), all.columns(), selected.row(i));
  }
  return selected;
}

/// The same of every part of a recurrent layer's or cell's state.
template <class RecurrentState>
void select_state_rows(RecurrentState& state, std::span<const Index> kept) {
  RecurrentState::for_each_part([&](const char*, auto& part) { part = select_items(part, kept); }, state);
}

}  // namespace pupil::captioning
