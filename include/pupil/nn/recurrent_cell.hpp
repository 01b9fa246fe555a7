#pragma once
// RecurrentCell: one step of a recurrence, for decoders that are written step by step: what LstmCell and GruCell are.

#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/nn/recurrent_state.hpp>
#include <pupil/nn/recurrent_weights.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// The gradients of what went into a cell.
template <class T, class State>
struct RecurrentCellGradient {
  Tensor<T, 2> input;  ///< [batch, input_size]
  State state;         ///< of before the step
};

/// Maps [batch, input_size] and a state to the next state. `Recurrence` is LstmRecurrence or GruRecurrence.
template <class Recurrence>
class RecurrentCell {
  using T = typename Recurrence::Scalar;

 public:
  using State = typename Recurrence::State;
  using Gradient = RecurrentCellGradient<T, State>;

  struct Context {
    Tensor<T, 2> input;
    kernels::PackedSequences sequences;  ///< all of one step
    typename Recurrence::Trace trace;
    UnreadForward unread{};
  };

  /// All parameters uniform in +-1 / sqrt(hidden_size). Throws OptionError where a size is below 1.
  RecurrentCell(const RecurrenceOptions& options, Rng& rng)
      : options_(checked(options)), recurrence_(options, "", rng) {}

  /// The state after the step; its `hidden` is also the output. Throws ShapeError where x or the state does not fit.
  State forward(const Tensor<T, 2>& x, const State& state = {}) const {
    check(x.shape(), state);
    typename Recurrence::Trace trace;
    return recurrence_.forward(x, one_step(x.rows()), state, trace);
  }

  State forward(Tensor<T, 2> x, Context& context) const { return forward(std::move(x), {}, context); }

  State forward(Tensor<T, 2> x, const State& state, Context& context) const {
    check(x.shape(), state);
    context.unread.begin(name);
    context.trace = {};  // gives its memory back before more is taken
    context.input = {};
    context.sequences = {};
    context.sequences = one_step(x.rows());
    context.input = std::move(x);
    return recurrence_.forward(context.input, context.sequences, state, context.trace);
  }

  /// The gradients of x and of the state before the step, from that of the state after it, whose parts may be left out
  /// and are then zero. Throws ShapeError where one does not fit.
  Gradient backward(const State& d_state, const Context& context) {
    moved_.check(name);
    context.unread.require_forward(name);
    const Index batch = context.sequences.batch();
    detail::check_state(name, "the gradient of the", d_state, Shape{batch, options_.hidden_size});
    const Shape sizes{context.input.columns(), context.trace.hiddens.columns()};
    const Shape expected{options_.input_size, options_.hidden_size};
    require<ShapeError>(sizes == expected, name, ": the context's input_size and hidden_size are ", sizes, ", not ",
                        expected);
    context.unread.end();
    Gradient gradient{{}, d_state};
    gradient.input =
        recurrence_.backward(kernels::RowMajor<T>{}, gradient.state, context.input, context.sequences, context.trace)
            .reshaped(Shape{batch, options_.input_size});
    return gradient;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& path = {}) {
    moved_.check(name);
    recurrence_.visit(visitor, path);
  }

  const RecurrenceOptions& options() const { return options_; }

 private:
  static constexpr const char* name = Recurrence::cell_name;

  static const RecurrenceOptions& checked(const RecurrenceOptions& options) {
    require<OptionError>(options.input_size >= 1 && options.hidden_size >= 1, name, ": cannot map ", options.input_size,
                         " features to a hidden state of ", options.hidden_size, ", each must be at least 1");
    return options;
  }

  static kernels::PackedSequences one_step(Index batch) { return {1, batch, {}}; }

  void check(const Shape<2>& x, const State& state) const {
    moved_.check(name);
    require<ShapeError>(x[1] == options_.input_size, name, ": input has ", x[1], " features, the layer was made for ",
                        options_.input_size, " (input ", x, ")");
    detail::check_state(name, "the", state, Shape{x[0], options_.hidden_size});
  }

  RecurrenceOptions options_;
  Recurrence recurrence_;
  MoveMark moved_;
};

}  // namespace pupil
