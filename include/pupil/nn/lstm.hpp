#pragma once
// Lstm: a recurrent layer with gates, over whole sequences. Hochreiter and Schmidhuber, "Long short-term memory", 1997,
// with the forget gate of Gers, Schmidhuber and Cummins, 2000. PyTorch's twin is nn.LSTM with one layer, and
// pack_padded_sequence where lengths are given.
//
//   i = σ(x_t W_i^T + h_{t-1} U_i^T + b_i)        c_t = f c_{t-1} + i g        (f, o: as i;  g: tanh in place of σ)
//                                                 h_t = o tanh(c_t)
//
// The input side of all steps is one product; see kernels/lstm.hpp for what is sequential, and
// kernels/packed_sequences.hpp for the order of the rows.

#include <algorithm>
#include <span>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/column_sums.hpp>
#include <pupil/kernels/few_rows.hpp>
#include <pupil/kernels/gathered_rows.hpp>
#include <pupil/kernels/gemm.hpp>
#include <pupil/kernels/lstm.hpp>
#include <pupil/kernels/packed_sequences.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

struct LstmOptions {
  Index input_size = 0;
  Index hidden_size = 0;
  bool bias = true;
};

/// What an LSTM remembers of each sequence. A tensor that was only default-constructed stands for zeros.
template <class T>
struct LstmState {
  Tensor<T, 2> hidden{};  ///< [batch, hidden_size]
  Tensor<T, 2> cell{};    ///< [batch, hidden_size]
};

/// What comes out of an LSTM, or the gradient of it.
template <class T>
struct LstmOutput {
  /// [time, batch, hidden_size]: the hidden state after every step, zero after a sequence's end.
  Tensor<T, 3> output{};
  /// The state after the last step of each sequence.
  LstmState<T> state{};
};

/// The gradients of what went into an LSTM.
template <class T>
struct LstmGradient {
  Tensor<T, 3> input;  ///< [time, batch, input_size], zero after a sequence's end
  LstmState<T> initial_state;
};

/// Maps [time, batch, input_size] to [time, batch, hidden_size], step after step.
template <class T>
class Lstm {
 public:
  struct Context {
    Tensor<T, 3> input;
    kernels::PackedSequences sequences;
    kernels::LstmTrace<T> trace;
  };

  /// All parameters uniform in +-1 / sqrt(hidden_size). Throws OptionError where a size is below 1.
  Lstm(const LstmOptions& options, Rng& rng) : options_(options) {
    require<OptionError>(options.input_size >= 1 && options.hidden_size >= 1, "lstm: cannot map ", options.input_size,
                         " features to a hidden state of ", options.hidden_size);
    const Index gates = 4 * options.hidden_size;
    const auto begin = [&](auto& parameter, auto value) {
      fill_by_fan_in(value, options.hidden_size, rng);
      parameter = Parameter(std::move(value));
    };
    begin(weight_ih_, Tensor<T, 2>({gates, options.input_size}));
    begin(weight_hh_, Tensor<T, 2>({gates, options.hidden_size}));
    if (options.bias) {
      begin(bias_ih_, Tensor<T, 1>({gates}));
      begin(bias_hh_, Tensor<T, 1>({gates}));
    }
  }

  /// x [time, batch, input_size], beginning with the state `initial`. With `lengths`, one a sequence, from 1 to time
  /// and in any order, what comes after a sequence's end is padding: never read, and zero in the output. Throws
  /// ShapeError where x, the state or the number of lengths does not fit, IndexError where a length is out of range.
  LstmOutput<T> forward(const Tensor<T, 3>& x, const LstmState<T>& initial = {},
                        std::span<const Index> lengths = {}) const {
    check(x.shape(), initial, lengths);
    const kernels::PackedSequences sequences(x.dim(0), x.dim(1), lengths);
    kernels::LstmTrace<T> trace;
    return run(x, initial, sequences, trace);
  }

  LstmOutput<T> forward(Tensor<T, 3> x, Context& context) const { return forward(std::move(x), {}, {}, context); }

  LstmOutput<T> forward(Tensor<T, 3> x, const LstmState<T>& initial, std::span<const Index> lengths,
                        Context& context) const {
    check(x.shape(), initial, lengths);
    context = Context{};  // gives its memory back before more is taken
    context.sequences = kernels::PackedSequences(x.dim(0), x.dim(1), lengths);
    context.input = std::move(x);
    return run(context.input, initial, context.sequences, context.trace);
  }

  /// The gradients of x and of the initial state, from those of the output and of the final state; either may be left
  /// out and is then zero. Both biases get the same gradient. Throws ShapeError where a gradient does not fit.
  LstmGradient<T> backward(const LstmOutput<T>& dy, const Context& context) {
    check_gradient(dy, context);
    const auto& [input, sequences, trace] = context;
    const Shape state_shape{sequences.batch(), options_.hidden_size};
    LstmState<T> d_state{Tensor<T, 2>::uninitialized(state_shape), Tensor<T, 2>::uninitialized(state_shape)};
    sequences.rank(dy.state.hidden, d_state.hidden);
    sequences.rank(dy.state.cell, d_state.cell);
    auto d_gates = Tensor<T, 2>::uninitialized({sequences.rows(), 4 * options_.hidden_size});
    kernels::lstm_backward(sequences, weight_hh_.value, trace, dy.output, d_state.hidden, d_state.cell, d_gates);

    const auto d_gates_transposed = kernels::transposed(kernels::matrix(d_gates));
    kernels::gemm(d_gates_transposed, kernels::gathered(input, sequences.positions()),
                  kernels::added_to(weight_ih_.gradient));
    kernels::gemm(d_gates_transposed, kernels::gathered(trace.hiddens, sequences.previous_states()),
                  kernels::added_to(weight_hh_.gradient));
    if (options_.bias) add_bias_gradients(d_gates);
    const auto same_row = [](Index i) { return i; };
    return {input_gradient(d_gates, sequences),
            {sequences.unrank(d_state.hidden, same_row), sequences.unrank(d_state.cell, same_row)}};
  }

  /// The shape of the output for an x of this shape without lengths, or throws.
  Shape<3> output_shape(const Shape<3>& x) const {
    check(x, {}, {});
    return {x[0], x[1], options_.hidden_size};
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight_ih_l0", weight_ih_);
    visitor(name / "weight_hh_l0", weight_hh_);
    if (options_.bias) {
      visitor(name / "bias_ih_l0", bias_ih_);
      visitor(name / "bias_hh_l0", bias_hh_);
    }
  }

  const LstmOptions& options() const { return options_; }

 private:
  /// Fills an empty trace and takes the output out of it.
  LstmOutput<T> run(const Tensor<T, 3>& x, const LstmState<T>& initial, const kernels::PackedSequences& sequences,
                    kernels::LstmTrace<T>& trace) const {
    const Index size = options_.hidden_size;
    trace.gates = input_side(x, sequences);
    trace.cells = Tensor<T, 2>::uninitialized({sequences.batch() + sequences.rows(), size});
    trace.hiddens = Tensor<T, 2>::uninitialized({sequences.batch() + sequences.rows(), size});
    sequences.rank(initial.hidden, trace.hiddens);
    sequences.rank(initial.cell, trace.cells);
    kernels::lstm_forward(sequences, weight_hh_.value, trace);
    const auto final_row = [&](Index i) { return sequences.final_state(i); };
    return {sequences.unpack(trace.hiddens.row(sequences.batch()), size),
            {sequences.unrank(trace.hiddens, final_row), sequences.unrank(trace.cells, final_row)}};
  }

  /// x W^T + both biases, for all steps that are no padding.
  Tensor<T, 2> input_side(const Tensor<T, 3>& x, const kernels::PackedSequences& sequences) const {
    auto gates = Tensor<T, 2>::uninitialized({sequences.rows(), 4 * options_.hidden_size});
    Tensor<T, 1> bias = bias_ih_.value;
    for (Index i = 0; i < bias.size(); ++i) bias[i] += bias_hh_.value[i];
    const auto steps = kernels::gathered(x, sequences.positions());
    const auto weight = kernels::transposed(kernels::matrix(weight_ih_.value));
    const auto destination = options_.bias ? kernels::into(gates, bias) : kernels::into(gates);
    if (steps.rows <= kernels::few_rows) {
      kernels::multiply_few_rows(steps, weight, destination);
    } else {
      kernels::gemm(steps, weight, destination);
    }
    return gates;
  }

  Tensor<T, 3> input_gradient(const Tensor<T, 2>& d_gates, const kernels::PackedSequences& sequences) const {
    auto dx = Tensor<T, 2>::uninitialized({sequences.rows(), options_.input_size});
    kernels::gemm(kernels::matrix(d_gates), kernels::matrix(weight_ih_.value), kernels::into(dx));
    if (!sequences.dense()) return sequences.unpack(dx.data(), options_.input_size);
    return std::move(dx).reshaped(Shape{sequences.time(), sequences.batch(), options_.input_size});
  }

  void add_bias_gradients(const Tensor<T, 2>& d_gates) {
    Tensor<T, 1> sums({d_gates.columns()});
    kernels::add_column_sums(kernels::matrix(d_gates), sums.data());
    for (Index i = 0; i < sums.size(); ++i) {
      bias_ih_.gradient[i] += sums[i];
      bias_hh_.gradient[i] += sums[i];
    }
  }

  template <std::size_t Rank>
  static bool stands_for_zeros(const Tensor<T, Rank>& tensor) {
    return tensor.shape() == Shape<Rank>{};
  }

  void check(const Shape<3>& x, const LstmState<T>& initial, std::span<const Index> lengths) const {
    require<ShapeError>(x[2] == options_.input_size, "lstm: input has ", x[2], " features, the layer was made for ",
                        options_.input_size, " (input ", x, ")");
    require<ShapeError>(x[0] >= 1, "lstm: the input ", x, " has no step");
    check_state("the initial", initial, x[1]);
    if (lengths.empty()) return;
    require<ShapeError>(static_cast<Index>(lengths.size()) == x[1], "lstm: ", lengths.size(), " lengths for ", x[1],
                        " sequences (input ", x, ")");
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      require<IndexError>(lengths[i] >= 1 && lengths[i] <= x[0], "lstm: the length of sequence ", i, " is ", lengths[i],
                          ", not from 1 to ", x[0], " (input ", x, ")");
    }
  }

  void check_state(const char* whose, const LstmState<T>& state, Index batch) const {
    const Shape expected{batch, options_.hidden_size};
    const auto check_part = [&](const char* part, const Tensor<T, 2>& tensor) {
      require<ShapeError>(stands_for_zeros(tensor) || tensor.shape() == expected, "lstm: ", whose, ' ', part,
                          " state is ", tensor.shape(), ", not ", expected);
    };
    check_part("hidden", state.hidden);
    check_part("cell", state.cell);
  }

  void check_gradient(const LstmOutput<T>& dy, const Context& context) const {
    const Shape expected{context.sequences.time(), context.sequences.batch(), options_.hidden_size};
    require<ShapeError>(stands_for_zeros(dy.output) || dy.output.shape() == expected, "lstm: the gradient ",
                        dy.output.shape(), " does not fit the output ", expected);
    check_state("the gradient of the final", dy.state, expected[1]);
  }

  LstmOptions options_;
  Parameter<T, 2> weight_ih_;  // [4 hidden, input]
  Parameter<T, 2> weight_hh_;  // [4 hidden, hidden]
  Parameter<T, 1> bias_ih_;    // [4 hidden]
  Parameter<T, 1> bias_hh_;    // [4 hidden]
};

}  // namespace pupil
