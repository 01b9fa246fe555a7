#pragma once
// Sequences of unequal lengths without their padding, as a recurrent layer goes through them: all first steps, then all
// second steps, ..., and within a step the longest sequence first. So the sequences that are still running are always
// the first ones, and the work at a step is that on a prefix of the rows of the step before. PyTorch's twin is
// PackedSequence.
//
//   lengths 1, 3, 2:   step 0      step 1   step 2
//                      s1 s2 s0    s1 s2    s1          six packed rows
//
// In the reverse direction every sequence begins at its own last position: step t stands at position length - 1 - t.

#include <algorithm>
#include <cassert>
#include <span>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>

namespace pupil::kernels {

/// From which end a sequence is read.
enum class Direction { forward, reverse };

/// The order of the steps of [time, batch, features] sequences, and where each of them lies.
class PackedSequences {
 public:
  PackedSequences() = default;

  /// One length for each of `batch` sequences, from 1 to `time`; no lengths: all sequences are `time` steps long.
  PackedSequences(Index time, Index batch, std::span<const Index> lengths, Direction direction = Direction::forward)
      : time_(time),
        batch_(batch),
        direction_(direction),
        order_(Tensor<Index, 1>::uninitialized({batch})),
        lengths_(Tensor<Index, 1>::full({batch}, time)),
        begin_(Tensor<Index, 1>::uninitialized({time + 1})) {
    assert(lengths.empty() || static_cast<Index>(lengths.size()) == batch);
    for (Index i = 0; i < batch; ++i) order_[i] = i;
    if (!lengths.empty()) sort(lengths);
    find_rows();
  }

  Index time() const { return time_; }
  Index batch() const { return batch_; }
  /// The steps of all sequences together.
  Index rows() const { return positions_.size(); }
  /// Nothing is padding or reversed, so packed rows are the rows of the [time, batch, features] tensor in their order.
  bool dense() const { return direction_ == Direction::forward && rows() == time() * batch(); }

  /// The first packed row of step t.
  Index begin(Index t) const { return begin_[t]; }
  /// How many sequences have a step t.
  Index active(Index t) const { return begin_[t + 1] - begin_[t]; }

  /// Which sequence of the batch is the one of rank i by length.
  Index sequence(Index i) const { return order_[i]; }
  /// How many steps the sequence of rank i has.
  Index length(Index i) const { return lengths_[i]; }

  /// For every packed row, the row of the [time, batch, features] tensor that it stands for.
  const Tensor<Index, 1>& positions() const { return positions_; }

  /// States are kept as [batch + rows, features]: the initial ones by rank, then the one after every packed row. This
  /// is the first row of the state before step t; that after it begins at state_begin(t + 1).
  Index state_begin(Index t) const { return t == 0 ? 0 : batch_ + begin_[t - 1]; }
  /// For every packed row, the row of the state before it.
  const Tensor<Index, 1>& previous_states() const { return previous_states_; }
  /// The row of the state after the last step of the sequence of rank i.
  Index final_state(Index i) const { return state_begin(length(i)) + i; }

  /// Copies one row a sequence, given in the batch's order, into the first rows of `ranked`; no rows stand for zeros.
  template <class T>
  void rank(const Tensor<T, 2>& rows, Tensor<T, 2>& ranked) const {
    for (Index i = 0; i < batch(); ++i) {
      if (rows.empty()) {
        std::fill_n(ranked.row(i), ranked.columns(), T{});
      } else {
        std::copy_n(rows.row(sequence(i)), ranked.columns(), ranked.row(i));
      }
    }
  }

  /// One row a sequence in the batch's order again: row `row_of(i)` of `ranked` for the sequence of rank i, or row i.
  template <class T, class RowOf>
  Tensor<T, 2> unrank(const Tensor<T, 2>& ranked, const RowOf& row_of) const {
    auto rows = Tensor<T, 2>::uninitialized({batch(), ranked.columns()});
    for (Index i = 0; i < batch(); ++i) std::copy_n(ranked.row(row_of(i)), ranked.columns(), rows.row(sequence(i)));
    return rows;
  }
  template <class T>
  Tensor<T, 2> unrank(const Tensor<T, 2>& ranked) const {
    return unrank(ranked, [](Index i) { return i; });
  }

  /// Packed rows as a [time, batch, features] tensor, zero where there is padding.
  template <class T>
  Tensor<T, 3> unpack(const T* packed, Index features) const {
    auto unpacked = Tensor<T, 3>::uninitialized({time(), batch(), features});
    unpack(packed, features, into(unpacked));
    return unpacked;
  }

  /// The same into `destination`, which may be some of the columns of a wider tensor.
  template <class T>
  void unpack(const T* packed, Index features, const Destination<T>& destination) const {
    parallel_for(time(), batch() * features, [&](Index position) {
      for (Index i = 0; i < batch(); ++i) {
        T* const row = destination.data + (position * batch() + sequence(i)) * destination.stride;
        if (position < length(i)) {
          std::copy_n(packed + (begin(turned(position, i)) + i) * features, features, row);
        } else {
          std::fill_n(row, features, T{});
        }
      }
    });
  }

 private:
  /// Of the sequence of rank i: the position of step t, and so also the step at position t.
  Index turned(Index t, Index i) const { return direction_ == Direction::forward ? t : length(i) - 1 - t; }

  void sort(std::span<const Index> lengths) {
    const auto length = [&](Index i) { return lengths[static_cast<std::size_t>(i)]; };
    std::sort(order_.begin(), order_.end(),
              [&](Index a, Index b) { return length(a) != length(b) ? length(a) > length(b) : a < b; });
    for (Index i = 0; i < batch_; ++i) {
      lengths_[i] = length(order_[i]);
      assert(lengths_[i] >= 1 && lengths_[i] <= time());
    }
  }

  void find_rows() {
    begin_[0] = 0;
    Index running = batch_;
    for (Index t = 0; t < time(); ++t) {
      while (running > 0 && lengths_[running - 1] <= t) --running;
      begin_[t + 1] = begin_[t] + running;
    }
    positions_ = Tensor<Index, 1>::uninitialized({begin_[time()]});
    previous_states_ = Tensor<Index, 1>::uninitialized({begin_[time()]});
    for (Index t = 0; t < time(); ++t) {
      for (Index i = 0; i < active(t); ++i) {
        positions_[begin(t) + i] = turned(t, i) * batch_ + order_[i];
        previous_states_[begin(t) + i] = state_begin(t) + i;
      }
    }
  }

  Index time_ = 0;
  Index batch_ = 0;
  Direction direction_ = Direction::forward;
  Tensor<Index, 1> order_;    // by rank
  Tensor<Index, 1> lengths_;  // by rank, so descending
  Tensor<Index, 1> begin_;
  Tensor<Index, 1> positions_;
  Tensor<Index, 1> previous_states_;
};

}  // namespace pupil::kernels
