#pragma once
// StepwiseLstm: the LSTM of a decoder that looks at something at every step, so that a part of its input is known only
// when the step before is done. The formulas are those of nn/lstm.hpp, with an input of three parts,
//
//   x_t = [row_t, item, late_t]
//
//   row    known for all steps beforehand, as words are in training
//   item   the same at all steps of a sequence, and for all sequences of an item, as the mean of an image is
//   late   made from the state before the step, as what attention finds
//
// The products with rows and items are one each for all steps, and so are those of all weights' gradients; a step
// multiplies its late part and its hidden state alone, with weights that are packed once. Each part may have no
// numbers.
//
//   lstm.begin(sequences, rows, items, item_of_rank, context);  // then the initial states, unless they are zeros
//   for (t = 0, 1, ...) { /* write context.late's rows of step t */ lstm.step(sequences, t, context); }
//
//   auto gradients = lstm.begin_backward(sequences, context);
//   for (t = ..., 1, 0) { lstm.step_backward(sequences, t, d_hiddens, context, gradients); /* use gradients.late */ }
//   auto [d_rows, d_items] = lstm.end_backward(sequences, ranks_of_items, context, gradients);

#include <algorithm>
#include <span>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/gathered_rows.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/kernels/pointwise/item_sums.hpp>
#include <pupil/kernels/recurrent/lstm.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/kernels/recurrent/step_product.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>
#include <pupil/nn/recurrent_state.hpp>

namespace pupil {

struct StepwiseLstmOptions {
  Index row_size = 0;
  Index item_size = 0;
  Index late_size = 0;
  Index hidden_size = 0;

  Index input_size() const { return row_size + item_size + late_size; }
};

/// Parameters have the names of PyTorch's nn.LSTMCell, whose input is the parts side by side. Checks no shapes: the
/// decoders that are made of it do.
template <class T>
class StepwiseLstm {
 public:
  /// Rows are those of kernels::PackedSequences.
  struct Context {
    Tensor<T, 2> rows;   ///< [rows, row_size]
    Tensor<T, 2> items;  ///< [items, item_size]
    Tensor<T, 2> late;   ///< [rows, late_size]
    kernels::LstmTrace<T> trace;
    kernels::StepProduct<T> hidden_product, late_product;
  };

  /// What runs back through the steps, and what is kept for the weights.
  struct Gradients {
    Tensor<T, 2> hidden;  ///< [sequences, hidden_size], by rank: of the state before the step that was last undone
    Tensor<T, 2> cell;    ///< as hidden
    Tensor<T, 2> gates;   ///< [rows, 4 hidden_size]
    Tensor<T, 2> late;    ///< [rows, late_size]
    kernels::StepProduct<T> hidden_product, late_product;
  };

  /// All parameters uniform in +-1 / sqrt(hidden_size), but that forget gates begin open, with a bias of 1 (Jozefowicz,
  /// Zaremba, Sutskever, 2015).
  StepwiseLstm(const StepwiseLstmOptions& options, Rng& rng) : options_(checked(options)) {
    const Index gates = 4 * options.hidden_size;
    weight_ih_ = Parameter(Tensor<T, 2>({gates, options.input_size()}));
    weight_hh_ = Parameter(Tensor<T, 2>({gates, options.hidden_size}));
    bias_ih_ = Parameter(Tensor<T, 1>({gates}));
    bias_hh_ = Parameter(Tensor<T, 1>({gates}));
    fill_by_fan_in(weight_ih_.value, options.hidden_size, rng);
    fill_by_fan_in(weight_hh_.value, options.hidden_size, rng);
    fill_by_fan_in(bias_ih_.value, options.hidden_size, rng);
    fill_by_fan_in(bias_hh_.value, options.hidden_size, rng);
    std::fill_n(bias_ih_.value.data() + options.hidden_size, options.hidden_size, T{1});  // gates i, f, g, o
  }

  /// Computes all that needs no state. The initial states are zeros; others are written over the first rows of the
  /// trace's hiddens and cells, by rank.
  void begin(const kernels::PackedSequences& sequences, Tensor<T, 2> rows, Tensor<T, 2> items,
             const Tensor<Index, 1>& item_of_rank, Context& context) const {
    const Index size = options_.hidden_size;
    context.rows = std::move(rows);
    context.items = std::move(items);
    context.late = Tensor<T, 2>::uninitialized({sequences.rows(), options_.late_size});
    auto& trace = context.trace;
    trace.gates = Tensor<T, 2>::uninitialized({sequences.rows(), 4 * size});
    const auto bias = bias_sum();
    if (options_.row_size > 0) {
      kernels::gemm(kernels::matrix(context.rows), transposed(row_weight()), kernels::into(trace.gates, bias));
    } else {
      for (Index r = 0; r < trace.gates.rows(); ++r) std::copy(bias.begin(), bias.end(), trace.gates.row(r));
    }
    if (options_.item_size > 0) {
      auto item_gates = Tensor<T, 2>::uninitialized({context.items.rows(), 4 * size});
      kernels::gemm(kernels::matrix(context.items), transposed(item_weight()), kernels::into(item_gates));
      kernels::add_item_rows(sequences, item_of_rank, item_gates, trace.gates);
    }
    trace.hiddens = Tensor<T, 2>::uninitialized({sequences.batch() + sequences.rows(), size});
    trace.cells = Tensor<T, 2>::uninitialized(trace.hiddens.shape());
    std::fill_n(trace.hiddens.data(), sequences.batch() * size, T{0});
    std::fill_n(trace.cells.data(), sequences.batch() * size, T{0});
    context.hidden_product = kernels::StepProduct<T>(transposed(kernels::matrix(weight_hh_.value)));
    if (options_.late_size > 0) context.late_product = kernels::StepProduct<T>(transposed(late_weight()));
  }

  /// Step t, from the states before it and the rows of step t of `context.late`.
  void step(const kernels::PackedSequences& sequences, Index t, Context& context) const {
    const kernels::Destination<T> gates{context.trace.gates.row(sequences.begin(t)), 4 * options_.hidden_size, true};
    if (options_.late_size > 0) context.late_product(rows_of_step(sequences, t, context.late), gates);
    context.hidden_product(hiddens_before(sequences, t, context), gates);
    kernels::lstm_step(sequences, t, context.trace);
  }

  /// The hidden states of the sequences that have a step t, before it.
  static kernels::RowMajor<T> hiddens_before(const kernels::PackedSequences& sequences, Index t,
                                             const Context& context) {
    const Index size = context.trace.hiddens.columns();
    return {context.trace.hiddens.row(sequences.state_begin(t)), sequences.active(t), size, size};
  }
  /// And after it.
  static kernels::RowMajor<T> hiddens_after(const kernels::PackedSequences& sequences, Index t,
                                            const Context& context) {
    const Index size = context.trace.hiddens.columns();
    return {context.trace.hiddens.row(sequences.state_begin(t + 1)), sequences.active(t), size, size};
  }

  /// The hidden states after all packed rows.
  static kernels::RowMajor<T> hiddens_of_rows(const kernels::PackedSequences& sequences, const Context& context) {
    const Index size = context.trace.hiddens.columns();
    return {context.trace.hiddens.row(sequences.batch()), sequences.rows(), size, size};
  }

  /// Begins the way back, which goes from the last step to the first.
  Gradients begin_backward(const kernels::PackedSequences& sequences, const Context& context) const {
    const Shape states{sequences.batch(), options_.hidden_size};
    Gradients gradients{Tensor<T, 2>(states),
                        Tensor<T, 2>(states),
                        Tensor<T, 2>::uninitialized(context.trace.gates.shape()),
                        Tensor<T, 2>::uninitialized(context.late.shape()),
                        kernels::StepProduct<T>(kernels::matrix(weight_hh_.value)),
                        {}};
    if (options_.late_size > 0) gradients.late_product = kernels::StepProduct<T>(late_weight());
    return gradients;
  }

  /// Undoes step t: `gradients` has that of the states after it, and then that of the states before it, and of the late
  /// part. What else the hidden state's gradient is, is in `d_hiddens` [rows, hidden_size], or that is empty.
  void step_backward(const kernels::PackedSequences& sequences, Index t, const Tensor<T, 2>& d_hiddens,
                     const Context& context, Gradients& gradients) const {
    const auto d_hidden = [&](Index r) { return d_hiddens.empty() ? nullptr : d_hiddens.row(r); };
    kernels::lstm_step_backward(sequences, t, context.trace, d_hidden, gradients.hidden, gradients.cell,
                                gradients.gates);
    const auto d_gates = rows_of_step(sequences, t, gradients.gates);
    gradients.hidden_product(d_gates, kernels::into(gradients.hidden));
    if (options_.late_size == 0) return;
    gradients.late_product(d_gates, {gradients.late.row(sequences.begin(t)), options_.late_size});
  }

  /// The gradients of the known parts.
  struct KnownGradients {
    Tensor<T, 2> rows, items;
  };

  /// Adds to the parameters' gradients when all steps are undone.
  KnownGradients end_backward(const kernels::PackedSequences& sequences, const kernels::RowsByItem& ranks_of_items,
                              const Context& context, const Gradients& gradients) {
    KnownGradients known{Tensor<T, 2>::uninitialized(context.rows.shape()),
                         Tensor<T, 2>::uninitialized(context.items.shape())};
    const auto d_gates = kernels::matrix(gradients.gates);
    kernels::gemm(transposed(d_gates), kernels::gathered(context.trace.hiddens, sequences.previous_states()),
                  kernels::added_to(weight_hh_.gradient));
    Tensor<T, 1> d_bias(bias_ih_.value.shape());
    kernels::add_column_sums(d_gates, d_bias.data());
    kernels::add_to(bias_ih_.gradient, d_bias);
    kernels::add_to(bias_hh_.gradient, d_bias);
    if (options_.row_size > 0) {
      kernels::gemm(d_gates, row_weight(), kernels::into(known.rows));
      kernels::gemm(transposed(d_gates), kernels::matrix(context.rows), input_gradient(0));
    }
    if (options_.item_size > 0) {
      const auto d_item_gates = kernels::sum_item_rows(sequences, ranks_of_items, gradients.gates);
      kernels::gemm(kernels::matrix(d_item_gates), item_weight(), kernels::into(known.items));
      kernels::gemm(transposed(kernels::matrix(d_item_gates)), kernels::matrix(context.items),
                    input_gradient(options_.row_size));
    }
    if (options_.late_size > 0) {
      kernels::gemm(transposed(d_gates), kernels::matrix(context.late),
                    input_gradient(options_.row_size + options_.item_size));
    }
    return known;
  }

  /// The part of the gates that items give, with the bias, [items, 4 hidden_size]: computed once before the words of an
  /// item are read one by one. Where there is no item part, items [items, 0].
  Tensor<T, 2> item_gates(const Tensor<T, 2>& items) const {
    auto gates = Tensor<T, 2>::uninitialized({items.rows(), 4 * options_.hidden_size});
    const auto bias = bias_sum();
    if (options_.item_size > 0) {
      kernels::gemm(kernels::matrix(items), transposed(item_weight()), kernels::into(gates, bias));
    } else {
      for (Index r = 0; r < gates.rows(); ++r) std::copy(bias.begin(), bias.end(), gates.row(r));
    }
    return gates;
  }

  /// One step of some rows, of which row r is of item `item_of_row[r]`; without a row or a late part, that is empty.
  void step(const Tensor<T, 2>& rows, const Tensor<T, 2>& item_gates, std::span<const Index> item_of_row,
            const Tensor<T, 2>& late, LstmState<T, 2>& state) const {
    const Index size = options_.hidden_size;
    auto gates = Tensor<T, 2>::uninitialized({state.hidden.rows(), 4 * size});
    for (Index r = 0; r < gates.rows(); ++r) {
      std::copy_n(item_gates.row(item_of_row[static_cast<std::size_t>(r)]), 4 * size, gates.row(r));
    }
    const auto add = [&](const Tensor<T, 2>& left, const kernels::RowMajor<T>& weight,
                         const kernels::PackedWeights<T>& packed) {
      if (weight.columns == 0) return;
      kernels::multiply_step(kernels::matrix(left), transposed(weight), packed, kernels::added_to(gates));
    };
    add(rows, row_weight(), *packed_row_);
    add(late, late_weight(), *packed_late_);
    add(state.hidden, kernels::matrix(weight_hh_.value), *packed_hidden_);
    parallel_ranges(gates.rows(), rows_a_range(4 * size), [&](Index begin, Index end) {
      for (Index r = begin; r < end; ++r) {
        kernels::detail::lstm_row(size, gates.row(r), state.cell.row(r), state.cell.row(r), state.hidden.row(r));
      }
    });
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight_ih", weight_ih_);
    visitor(name / "weight_hh", weight_hh_);
    visitor(name / "bias_ih", bias_ih_);
    visitor(name / "bias_hh", bias_hh_);
    if constexpr (detail::prepares_weights<Visitor>) {
      if (options_.row_size > 0) packed_row_ = kernels::PackedWeights<T>(transposed(row_weight()));
      if (options_.late_size > 0) packed_late_ = kernels::PackedWeights<T>(transposed(late_weight()));
      packed_hidden_ = kernels::PackedWeights<T>(transposed(kernels::matrix(weight_hh_.value)));
    }
  }

  const StepwiseLstmOptions& options() const { return options_; }

 private:
  static const StepwiseLstmOptions& checked(const StepwiseLstmOptions& options) {
    require<OptionError>(options.input_size() >= 1 && options.hidden_size >= 1, "stepwise_lstm: cannot map ",
                         options.input_size(), " features to a hidden state of ", options.hidden_size,
                         ", each must be at least 1");
    return options;
  }

  static kernels::RowMajor<T> rows_of_step(const kernels::PackedSequences& sequences, Index t,
                                           const Tensor<T, 2>& rows) {
    return {rows.row(sequences.begin(t)), sequences.active(t), rows.columns(), rows.columns()};
  }

  static kernels::Transposed<T> transposed(const kernels::RowMajor<T>& matrix) { return kernels::transposed(matrix); }

  /// Some columns of weight_ih.
  kernels::RowMajor<T> input_weight(Index first, Index count) const {
    return {weight_ih_.value.data() + first, weight_ih_.value.rows(), count, weight_ih_.value.columns()};
  }
  kernels::RowMajor<T> row_weight() const { return input_weight(0, options_.row_size); }
  kernels::RowMajor<T> item_weight() const { return input_weight(options_.row_size, options_.item_size); }
  kernels::RowMajor<T> late_weight() const {
    return input_weight(options_.row_size + options_.item_size, options_.late_size);
  }

  /// The gradient of weight_ih from column `first` on, to be added to.
  kernels::Destination<T> input_gradient(Index first) {
    return {weight_ih_.gradient.data() + first, weight_ih_.gradient.columns(), true};
  }

  Tensor<T, 1> bias_sum() const {
    Tensor<T, 1> bias = bias_ih_.value;
    kernels::add_to(bias, bias_hh_.value);
    return bias;
  }

  StepwiseLstmOptions options_;
  Parameter<T, 2> weight_ih_;  // [4 hidden_size, row_size + item_size + late_size]
  Parameter<T, 2> weight_hh_;  // [4 hidden_size, hidden_size]
  Parameter<T, 1> bias_ih_;
  Parameter<T, 1> bias_hh_;
  detail::PreparedForm<kernels::PackedWeights<T>> packed_row_, packed_late_, packed_hidden_;
};

}  // namespace pupil
