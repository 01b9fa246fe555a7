#pragma once
// VisualSentinel: what the memory of an LSTM says when a decoder need not look at the image for its next word. Lu,
// Xiong, Parikh, Socher, "Knowing when to look: adaptive attention via a visual sentinel for image captioning", 2017.
//
//   s_t = g_t tanh(c_t)        g_t = σ(W_x x_t + W_h h_{t-1})        x_t, h, c: the LSTM's inputs, states and cells
//
//   da = ds tanh(c) g(1 - g) is the gradient of g's sum        dc += ds g (1 - tanh² c)
//   dW_x += da^T x        dW_h += da^T h_{t-1}        dx += da W_x        dh_{t-1} += da W_h

#include <span>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/gathered_rows.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/kernels/pointwise/item_sums.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>
#include <pupil/nn/stepwise_lstm.hpp>

namespace pupil::captioning {

/// Of a StepwiseLstm without a late part, for all steps at once.
template <class T>
class VisualSentinel {
 public:
  struct Context {
    Tensor<T, 2> openness;  ///< g, [rows, hidden_size]
    Tensor<T, 2> sentinel;  ///< s, [rows, hidden_size]
  };

  /// The gradients of what the sentinel is made of.
  struct Gradients {
    Tensor<T, 2> sums;   ///< a, [rows, hidden_size]
    Tensor<T, 2> cells;  ///< c after every row
  };

  /// `lstm` are the sizes of the LSTM. All parameters uniform in +-1 / sqrt(hidden_size).
  VisualSentinel(const StepwiseLstmOptions& lstm, Rng& rng)
      : lstm_(lstm),
        weight_x_(Tensor<T, 2>({lstm.hidden_size, lstm.input_size()})),
        weight_h_(Tensor<T, 2>({lstm.hidden_size, lstm.hidden_size})) {
    fill_by_fan_in(weight_x_.value, lstm.hidden_size, rng);
    fill_by_fan_in(weight_h_.value, lstm.hidden_size, rng);
  }

  /// Writes context.sentinel; the LSTM has gone through all steps.
  void forward(const kernels::PackedSequences& sequences, const Tensor<Index, 1>& item_of_rank,
               const typename StepwiseLstm<T>::Context& lstm, Context& context) const {
    context.openness = Tensor<T, 2>::uninitialized({sequences.rows(), lstm_.hidden_size});
    kernels::gemm(kernels::matrix(lstm.rows), kernels::transposed(row_weight()), kernels::into(context.openness));
    kernels::add_item_rows(sequences, item_of_rank, item_sums(lstm.items), context.openness);
    kernels::gemm(kernels::gathered(lstm.trace.hiddens, sequences.previous_states()),
                  kernels::transposed(kernels::matrix(weight_h_.value)), kernels::added_to(context.openness));
    context.sentinel = Tensor<T, 2>::uninitialized(context.openness.shape());
    open(context.openness, lstm.trace.cells.row(sequences.batch()), context.sentinel);
  }

  /// From the gradient of the sentinel, [rows, hidden_size]; adds that of the hidden states to `d_hiddens`, which has
  /// the states after every row.
  Gradients backward(const kernels::PackedSequences& sequences, const Tensor<T, 2>& d_sentinel,
                     const typename StepwiseLstm<T>::Context& lstm, const Context& context,
                     Tensor<T, 2>& d_hiddens) const {
    const Index size = lstm_.hidden_size;
    Gradients gradients{Tensor<T, 2>::uninitialized(d_sentinel.shape()),
                        Tensor<T, 2>::uninitialized(d_sentinel.shape())};
    parallel_ranges(d_sentinel.rows(), rows_a_range(size), [&](Index begin, Index end) {
      for (Index r = begin; r < end; ++r)
        close(r, d_sentinel, lstm.trace.cells.row(sequences.batch() + r), context, gradients);
    });
    auto d_before = Tensor<T, 2>::uninitialized(d_sentinel.shape());
    kernels::gemm(kernels::matrix(gradients.sums), kernels::matrix(weight_h_.value), kernels::into(d_before));
    for (Index t = 1; t < sequences.time(); ++t) {  // nothing is learned from the zeros before the first step
      for (Index r = 0; r < sequences.active(t); ++r) {
        kernels::detail::add_row(d_before.row(sequences.begin(t) + r), size, d_hiddens.row(sequences.begin(t - 1) + r));
      }
    }
    return gradients;
  }

  /// Adds to the parameters' gradients, and to those of the LSTM's input.
  void end_backward(const kernels::PackedSequences& sequences, const kernels::RowsByItem& ranks_of_items,
                    const typename StepwiseLstm<T>::Context& lstm, const Gradients& gradients,
                    typename StepwiseLstm<T>::KnownGradients& d_input) {
    const auto d_sums = kernels::matrix(gradients.sums);
    const auto d_item_sums = kernels::sum_item_rows(sequences, ranks_of_items, gradients.sums);
    kernels::gemm(kernels::transposed(d_sums), kernels::matrix(lstm.rows), input_gradient(0));
    kernels::gemm(kernels::transposed(kernels::matrix(d_item_sums)), kernels::matrix(lstm.items),
                  input_gradient(lstm_.row_size));
    kernels::gemm(kernels::transposed(d_sums), kernels::gathered(lstm.trace.hiddens, sequences.previous_states()),
                  kernels::added_to(weight_h_.gradient));
    kernels::gemm(d_sums, row_weight(), kernels::added_to(d_input.rows));
    kernels::gemm(kernels::matrix(d_item_sums), item_weight(), kernels::added_to(d_input.items));
  }

  /// What items give to g's sum, [items, hidden_size].
  Tensor<T, 2> item_sums(const Tensor<T, 2>& items) const {
    auto sums = Tensor<T, 2>::uninitialized({items.rows(), lstm_.hidden_size});
    kernels::gemm(kernels::matrix(items), kernels::transposed(item_weight()), kernels::into(sums));
    return sums;
  }

  /// g's sum at a step of some rows in inference, before the LSTM has made it.
  Tensor<T, 2> sums(const Tensor<T, 2>& rows, const Tensor<T, 2>& item_sums, std::span<const Index> item_of_row,
                    const Tensor<T, 2>& hidden) const {
    auto sums = Tensor<T, 2>::uninitialized(hidden.shape());
    for (Index r = 0; r < sums.rows(); ++r) {
      std::copy_n(item_sums.row(item_of_row[static_cast<std::size_t>(r)]), sums.columns(), sums.row(r));
    }
    kernels::multiply_step(kernels::matrix(rows), kernels::transposed(row_weight()), *packed_row_,
                           kernels::added_to(sums));
    kernels::multiply_step(kernels::matrix(hidden), kernels::transposed(kernels::matrix(weight_h_.value)),
                           *packed_hidden_, kernels::added_to(sums));
    return sums;
  }

  /// Turns g's sum into g, and with the cells after the step writes the sentinel.
  void open(Tensor<T, 2>& openness, const T* cells, Tensor<T, 2>& sentinel) const {
    using Lanes = kernels::Lanes<T>;
    parallel_ranges(openness.size(), pointwise_grain, [&](Index begin, Index end) {
      kernels::transform_lanes(openness.data() + begin, end - begin,
                               [](const Lanes& sum) -> Lanes { return kernels::logistic<T>(sum); });
      std::copy_n(cells + begin, end - begin, sentinel.data() + begin);
      kernels::combine_lanes(sentinel.data() + begin, openness.data() + begin, end - begin,
                             [](const Lanes& cell, const Lanes& g) -> Lanes { return cell.tanh() * g; });
    });
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight_x", weight_x_);
    visitor(name / "weight_h", weight_h_);
    if constexpr (pupil::detail::prepares_weights<Visitor>) {
      packed_row_ = kernels::PackedWeights<T>(kernels::transposed(row_weight()));
      packed_hidden_ = kernels::PackedWeights<T>(kernels::transposed(kernels::matrix(weight_h_.value)));
    }
  }

 private:
  /// One row back, from ds to da and dc.
  void close(Index r, const Tensor<T, 2>& d_sentinel, const T* cell, const Context& context,
             Gradients& gradients) const {
    const Index size = lstm_.hidden_size;
    const auto load = [&](const T* numbers, Index i) { return kernels::load_lanes(numbers + i, size - i, T{0}); };
    for (Index i = 0; i < size; i += kernels::lane_count) {
      const kernels::Lanes<T> d = load(d_sentinel.row(r), i);
      const kernels::Lanes<T> g = load(context.openness.row(r), i);
      const kernels::Lanes<T> tanh = load(cell, i).tanh();
      kernels::store_lanes<T>(d * tanh * g * (T{1} - g), size - i, gradients.sums.row(r) + i);
      kernels::store_lanes<T>(d * g * (T{1} - tanh * tanh), size - i, gradients.cells.row(r) + i);
    }
  }

  kernels::RowMajor<T> row_weight() const {
    return {weight_x_.value.data(), lstm_.hidden_size, lstm_.row_size, weight_x_.value.columns()};
  }
  kernels::RowMajor<T> item_weight() const {
    return {weight_x_.value.data() + lstm_.row_size, lstm_.hidden_size, lstm_.item_size, weight_x_.value.columns()};
  }
  kernels::Destination<T> input_gradient(Index first) {
    return {weight_x_.gradient.data() + first, weight_x_.gradient.columns(), true};
  }

  StepwiseLstmOptions lstm_;
  Parameter<T, 2> weight_x_;  // [hidden_size, row_size + item_size]
  Parameter<T, 2> weight_h_;  // [hidden_size, hidden_size]
  pupil::detail::PreparedForm<kernels::PackedWeights<T>> packed_row_, packed_hidden_;
};

}  // namespace pupil::captioning
