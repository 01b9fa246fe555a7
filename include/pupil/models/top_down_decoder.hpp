#pragma once
// TopDownDecoder: two LSTMs, one that looks and one that speaks. Anderson, He, Buehler, Teney, Johnson, Gould, Zhang,
// "Bottom-up and top-down attention for image captioning and visual question answering", 2018, with the places of a
// grid a_1, ..., a_P where the paper has regions that a detector found.
//
//   h1_t = LSTM1([embedding of word t-1, m, h2_{t-1}], h1_{t-1})        m: the mean of the grid
//   α_t = softmax over p of v . tanh(W_k a_p + W_q h1_t + b)            z_t = sum over p of α_tp a_p
//   h2_t = LSTM2([z_t, h1_t], h2_{t-1})                                 logits of word t from h2_t
//
// Dropout is on the embeddings, and on h2 before the logits.

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/gathered_rows.hpp>
#include <pupil/models/caption_steps.hpp>
#include <pupil/models/grid.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/select_rows.hpp>
#include <pupil/models/word_output.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/stepwise_attention.hpp>
#include <pupil/nn/stepwise_lstm.hpp>
#include <pupil/nn/unread_forward.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

/// hidden_size is that of both LSTMs; projected is h2.
using TopDownDecoderOptions = GridDecoderOptions;

template <class T>
class TopDownDecoder {
 public:
  /// What it is in the middle of saying, a row each.
  struct State {
    LstmState<T, 2> attention_lstm, language_lstm;
    LookedAt<T> looked;

    Index rows() const { return looked.rows(); }
    /// Keeps these rows, in this order; a row may come several times.
    void select(std::span<const Index> kept) {
      select_state_rows(attention_lstm, kept);
      select_state_rows(language_lstm, kept);
      looked.select(kept);
    }
    const Tensor<T, 2>& attention() const { return looked.weights; }
  };

  struct Context {
    double regularization = 0;           ///< what is added to the loss of the captions: nothing
    bool features_need_gradient = true;  ///< without, backward gives no features: there is less to compute
    CaptionSteps steps;
    Tensor<T, 3> grid, keys;
    typename Embedding<T>::Context embedding;
    typename Dropout<T>::Context input_dropout, output_dropout;
    typename StepwiseAttention<T>::Context attention;
    typename StepwiseLstm<T>::Context attention_lstm, language_lstm;
    typename WordOutput<T>::Context out;
  };

  /// Throws OptionError where a size is below 1.
  TopDownDecoder(const TopDownDecoderOptions& options, Rng& rng)
      : options_(options),
        embedding_({.num_embeddings = options.vocabulary_size,
                    .embedding_dim = options.embedding_size,
                    .standard_deviation = 0.1},
                   rng),
        input_dropout_({.probability = options.dropout}, rng),
        attention_lstm_({.row_size = options.embedding_size,
                         .item_size = options.grid_channels,
                         .late_size = options.hidden_size,
                         .hidden_size = options.hidden_size},
                        rng),
        attention_({.query_size = options.hidden_size,
                    .key_size = options.grid_channels,
                    .attention_size = options.attention_size},
                   rng),
        language_lstm_({.late_size = options.grid_channels + options.hidden_size, .hidden_size = options.hidden_size},
                       rng),
        output_dropout_({.probability = options.dropout}, rng),
        out_({.hidden_size = options.hidden_size,
              .embedding_size = options.embedding_size,
              .vocabulary_size = options.vocabulary_size,
              .projected = options.projected,
              .tied = options.tied},
             rng) {}

  /// Teacher forcing: the logits of every target of these captions that is not padding, [targets, vocabulary_size], in
  /// the order of `target_words(blocks)`. Throws ShapeError for a grid of other channels, and IndexError for a caption
  /// of an image that there is not.
  Tensor<T, 2> forward(const ImageFeatures<T>& features, std::span<const CaptionBlock> blocks, Context& context) {
    check_grid("top_down", features, options_.grid_channels);
    const pupil::detail::EmptiedByException emptied(context);
    context.steps = CaptionSteps(blocks, features.images());
    const auto& sequences = context.steps.sequences();
    const auto& images = context.steps.image_of_rank();
    context.grid = features.grid;
    context.keys = attention_.project_keys(context.grid);
    auto words = embedding_.forward(context.steps.words(), context.embedding);
    attention_lstm_.begin(sequences, input_dropout_.forward(std::move(words), context.input_dropout),
                          mean_of_positions(context.grid), images, context.attention_lstm);
    language_lstm_.begin(sequences, {}, {}, images, context.language_lstm);
    attention_.begin(sequences.rows(), context.grid.dim(1), context.attention);
    for (Index t = 0; t < sequences.time(); ++t) {
      const Index row = sequences.begin(t);
      copy_rows(language_lstm_.hiddens_before(sequences, t, context.language_lstm),
                kernels::Destination<T>{context.attention_lstm.late.row(row), options_.hidden_size});
      attention_lstm_.step(sequences, t, context.attention_lstm);
      const auto looking = attention_lstm_.hiddens_after(sequences, t, context.attention_lstm);
      attention_.step(row, looking, attended(context), context.attention, found_at(row, context.language_lstm.late));
      copy_rows(looking, kernels::Destination<T>{context.language_lstm.late.row(row) + options_.grid_channels,
                                                 context.language_lstm.late.columns()});
      language_lstm_.step(sequences, t, context.language_lstm);
    }
    auto rows = context.steps.in_target_order(context.language_lstm.trace.hiddens, sequences.batch());
    return out_.forward(output_dropout_.forward(std::move(rows), context.output_dropout), embedding_, context.out);
  }

  /// The gradient of the features, from that of the logits, unless the context says that it is not needed; adds to
  /// those of the parameters.
  ImageFeatures<T> backward(const Tensor<T, 2>& d_logits, const Context& context) {
    const auto& sequences = context.steps.sequences();
    const auto d_hiddens = context.steps.in_packed_order(
        output_dropout_.backward(out_.backward(d_logits, embedding_, context.out), context.output_dropout));
    auto d_language = language_lstm_.begin_backward(sequences, context.language_lstm);
    auto d_looking = attention_lstm_.begin_backward(sequences, context.attention_lstm);
    auto d_attention = attention_.begin_backward(context.attention, context.keys.shape());
    for (Index t = sequences.time() - 1; t >= 0; --t) {
      const Index row = sequences.begin(t);
      const Index count = sequences.active(t);
      language_lstm_.step_backward(sequences, t, d_hiddens, context.language_lstm, d_language);
      const Index stride = d_language.late.columns();
      const T* const d_late = d_language.late.row(row);
      add_rows({d_late + options_.grid_channels, count, options_.hidden_size, stride}, d_looking.hidden);
      attention_.step_backward(row, {d_late, count, options_.grid_channels, stride}, attended(context),
                               context.steps.ranks_of_images(), context.attention, d_attention,
                               kernels::into(d_looking.hidden));
      attention_lstm_.step_backward(sequences, t, {}, context.attention_lstm, d_looking);
      add_rows({d_looking.late.row(row), count, options_.hidden_size, options_.hidden_size}, d_language.hidden);
    }
    const auto& ranks = context.steps.ranks_of_images();
    language_lstm_.end_backward(sequences, ranks, context.language_lstm, d_language);
    auto d_known = attention_lstm_.end_backward(sequences, ranks, context.attention_lstm, d_looking);
    embedding_.backward(input_dropout_.backward(std::move(d_known.rows), context.input_dropout), context.embedding);

    ImageFeatures<T> d_features;
    if (context.features_need_gradient) d_features.grid = Tensor<T, 3>(context.grid.shape());
    attention_.end_backward(StepwiseLstm<T>::hiddens_of_rows(sequences, context.attention_lstm), context.grid,
                            d_attention, d_features.grid);
    if (!context.features_need_gradient) return d_features;
    kernels::attention_values_backward(
        kernels::matrix(context.attention.weights),
        {d_language.late.data(), sequences.rows(), options_.grid_channels, d_language.late.columns()},
        context.steps.rows_of_images(), d_features.grid);
    add_mean_gradient(std::move(d_known.items), d_features.grid);
    return d_features;
  }

  /// The state before any word, a row an image.
  State start(const ImageFeatures<T>& features) const {
    check_grid("top_down", features, options_.grid_channels);
    const Shape states{features.images(), options_.hidden_size};
    return {{Tensor<T, 2>(states), Tensor<T, 2>(states)},
            {Tensor<T, 2>(states), Tensor<T, 2>(states)},
            LookedAt<T>({attention_.project_keys(features.grid), features.grid,
                         attention_lstm_.item_gates(mean_of_positions(features.grid)),
                         language_lstm_.item_gates(Tensor<T, 2>({features.images(), 0}))})};
  }

  /// Reads one word a row: moves the state on and returns the logits of the next, [rows, vocabulary_size].
  Tensor<T, 2> step(const Tensor<std::int32_t, 1>& words, State& state) const {
    const auto& images = state.looked.images();
    attention_lstm_.step(embedding_.forward(words), images.gates, state.looked.image_of_row(),
                         state.language_lstm.hidden, state.attention_lstm);
    auto late = Tensor<T, 2>::uninitialized({state.rows(), options_.grid_channels + options_.hidden_size});
    attention_.look(state.attention_lstm.hidden, state.looked.attended(), state.looked.weights, found_at(0, late));
    copy_rows(kernels::matrix(state.attention_lstm.hidden),
              kernels::Destination<T>{late.data() + options_.grid_channels, late.columns()});
    language_lstm_.step({}, images.second_gates, state.looked.image_of_row(), late, state.language_lstm);
    return out_.forward(state.language_lstm.hidden, embedding_);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    embedding_.visit(visitor, name / "embed");
    input_dropout_.visit(visitor, name / "input_dropout");
    attention_lstm_.visit(visitor, name / "attention_lstm");
    attention_.visit(visitor, name / "attention");
    language_lstm_.visit(visitor, name / "language_lstm");
    output_dropout_.visit(visitor, name / "output_dropout");
    out_.visit(visitor, name / "out");
  }

  const TopDownDecoderOptions& options() const { return options_; }

  /// What it reads of an image.
  static constexpr FeatureKinds reads() { return {.grid = true}; }

  /// The numbers that words are read as.
  Embedding<T>& embedding() { return embedding_; }

 private:
  /// Where what attention finds for the rows from `row` on lies: the first columns of what the language LSTM reads.
  static kernels::Destination<T> found_at(Index row, Tensor<T, 2>& late) { return {late.row(row), late.columns()}; }

  static kernels::AttendedItems<T> attended(const Context& context) {
    return {context.keys, context.grid, context.steps.image_of_rank().data()};
  }

  static void copy_rows(const kernels::RowMajor<T>& rows, const kernels::Destination<T>& destination) {
    for (Index r = 0; r < rows.rows; ++r) {
      std::copy_n(rows.data + r * rows.stride, rows.columns, destination.data + r * destination.stride);
    }
  }

  static void add_rows(const kernels::RowMajor<T>& rows, Tensor<T, 2>& sums) {
    for (Index r = 0; r < rows.rows; ++r)
      kernels::detail::add_row(rows.data + r * rows.stride, rows.columns, sums.row(r));
  }

  TopDownDecoderOptions options_;
  Embedding<T> embedding_;
  Dropout<T> input_dropout_;
  StepwiseLstm<T> attention_lstm_;
  StepwiseAttention<T> attention_;
  StepwiseLstm<T> language_lstm_;
  Dropout<T> output_dropout_;
  WordOutput<T> out_;
};

}  // namespace pupil::captioning
