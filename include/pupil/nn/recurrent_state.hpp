#pragma once
// What recurrent layers remember of each sequence, and how a stack of layers takes it apart and puts it together.
//
// A state is one tensor or several of the same shape: [batch, hidden_size] of one layer in one direction, and
// [num_layers * num_directions, batch, hidden_size] of a whole stack, in PyTorch's order: layer 0 forward, layer 0
// reverse, layer 1 forward, ... A tensor that was only default-constructed stands for zeros.

#include <algorithm>

#include <pupil/core/tensor.hpp>

namespace pupil {

/// What an LSTM remembers.
template <class T, std::size_t Rank = 3>
struct LstmState {
  Tensor<T, Rank> hidden{};
  Tensor<T, Rank> cell{};

  /// Calls `use(name, part...)` for each tensor of one state, or for each pair of two that belong together, ...
  template <class Use, class... States>
  static void for_each_part(const Use& use, States&... states) {
    use("hidden", states.hidden...);
    use("cell", states.cell...);
  }
};

/// What a GRU remembers.
template <class T, std::size_t Rank = 3>
struct GruState {
  Tensor<T, Rank> hidden{};

  /// As LstmState's.
  template <class Use, class... States>
  static void for_each_part(const Use& use, States&... states) {
    use("hidden", states.hidden...);
  }
};

namespace detail {

template <class T, std::size_t Rank>
bool stands_for_zeros(const Tensor<T, Rank>& tensor) {
  return tensor.shape() == Shape<Rank>{};
}

/// Throws ShapeError, in the layer's name, where a part of the state is there and has another shape.
template <class State, std::size_t Rank>
void check_state(const char* layer, const char* whose, const State& state, const Shape<Rank>& expected) {
  State::for_each_part(
      [&](const char* name, const auto& part) {
        require<ShapeError>(stands_for_zeros(part) || part.shape() == expected, layer, ": ", whose, ' ', name,
                            " state is ", part.shape(), ", not ", expected);
      },
      state);
}

template <class State, std::size_t Rank>
State uninitialized_state(const Shape<Rank>& shape) {
  State state;
  State::for_each_part([&]<class Part>(const char*, Part& part) { part = Part::uninitialized(shape); }, state);
  return state;
}

/// Copies entry `i` of a stack's state, [batch, hidden_size] of each part, into `one`; zeros stay what they are.
template <class Stack, class One>
void take_entry(const Stack& stack, Index i, One& one) {
  Stack::for_each_part(
      [&]<class Part>(const char*, const auto& all, Part& part) {
        if (stands_for_zeros(all)) return;
        part = Part::uninitialized({all.dim(1), all.dim(2)});
        std::copy_n(all.row(i * all.dim(1)), part.size(), part.begin());
      },
      stack, one);
}

/// The way back.
template <class One, class Stack>
void put_entry(const One& one, Index i, Stack& stack) {
  Stack::for_each_part(
      [&](const char*, const auto& part, auto& all) { std::copy(part.begin(), part.end(), all.row(i * all.dim(1))); },
      one, stack);
}

}  // namespace detail

}  // namespace pupil
