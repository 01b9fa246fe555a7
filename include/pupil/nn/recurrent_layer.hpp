#pragma once
// RecurrentLayer: one layer of a recurrent network, in one direction or in both. With R the recurrence of a direction,
//
//   forward_t = R(x_t, forward_{t-1})        reverse_t = R'(x_t, reverse_{t+1})        y_t = forward_t, reverse_t
//
// With sequences of unequal lengths, the reverse direction begins at each one's own last step.

#include <array>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/recurrent_state.hpp>
#include <pupil/nn/recurrent_weights.hpp>

namespace pupil {

/// The order in which each direction goes through the sequences. The second is empty where there is only one.
using PackedDirections = std::array<kernels::PackedSequences, 2>;

/// The sequences of one direction or of both, packed.
inline PackedDirections pack_directions(const Shape<3>& x, std::span<const Index> lengths, bool bidirectional) {
  PackedDirections packed;
  packed[0] = kernels::PackedSequences(x[0], x[1], lengths);
  if (bidirectional) packed[1] = kernels::PackedSequences(x[0], x[1], lengths, kernels::Direction::reverse);
  return packed;
}

/// A part of RecurrentLayers, which checks what comes in. States are those of the whole stack.
template <class Recurrence>
class RecurrentLayer {
  using T = typename Recurrence::Scalar;
  using State = typename Recurrence::StackState;

 public:
  struct Context {
    Tensor<T, 3> input;
    std::array<typename Recurrence::Trace, 2> traces;  // one a direction
  };

  /// `number` counts the layers of the stack from 0.
  RecurrentLayer(const RecurrenceOptions& options, Index number, bool bidirectional, Rng& rng)
      : number_(number), hidden_size_(options.hidden_size) {
    directions_.emplace_back(options, message("_l", number), rng);
    if (bidirectional) directions_.emplace_back(options, message("_l", number, "_reverse"), rng);
  }

  /// From x [time, batch, features], which may be the context's input: [time, batch, num_directions * hidden_size].
  /// This layer's entries of the final state go to `final`.
  Tensor<T, 3> forward(const Tensor<T, 3>& x, const State& initial, const PackedDirections& sequences, State& final,
                       Context& context) const {
    auto output = Tensor<T, 3>::uninitialized({x.dim(0), x.dim(1), directions() * hidden_size_});
    for (Index d = 0; d < directions(); ++d) {
      const auto i = static_cast<std::size_t>(d);
      typename Recurrence::State state;
      detail::take_entry(initial, entry(d), state);
      state = directions_[i].forward(x, sequences[i], state, context.traces[i]);
      detail::put_entry(state, entry(d), final);
      sequences[i].unpack(std::as_const(context.traces[i].hiddens).row(x.dim(1)), hidden_size_,
                          kernels::Destination<T>{output.data() + d * hidden_size_, output.columns()});
    }
    return output;
  }

  /// The gradient of x; this layer's entries of that of the initial state go to `d_initial`. A `d_output` without
  /// elements stands for zeros.
  Tensor<T, 3> backward(const Tensor<T, 3>& d_output, const State& d_final, const PackedDirections& sequences,
                        const Context& context, State& d_initial) {
    Tensor<T, 3> dx;
    for (Index d = 0; d < directions(); ++d) {
      const auto i = static_cast<std::size_t>(d);
      const kernels::RowMajor<T> d_columns{d_output.empty() ? nullptr : d_output.data() + d * hidden_size_,
                                           d_output.rows(), hidden_size_, d_output.columns()};
      typename Recurrence::State d_state;
      detail::take_entry(d_final, entry(d), d_state);
      auto dx_of_direction =
          directions_[i].backward(d_columns, d_state, context.input, sequences[i], context.traces[i]);
      detail::put_entry(d_state, entry(d), d_initial);
      if (d == 0) {
        dx = std::move(dx_of_direction);
      } else {
        kernels::add_to(dx, dx_of_direction);
      }
    }
    return dx;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    for (Recurrence& direction : directions_) direction.visit(visitor, name);
  }

 private:
  Index directions() const { return static_cast<Index>(directions_.size()); }
  /// Where direction d stands in the stack's state.
  Index entry(Index d) const { return number_ * directions() + d; }

  Index number_;
  Index hidden_size_;
  std::vector<Recurrence> directions_;  // forward before reverse
};

}  // namespace pupil
