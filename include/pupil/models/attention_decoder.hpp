#pragma once
// AttentionDecoder: a decoder that looks at a part of the image for every word. Xu, Ba, Kiros, Cho, Courville,
// Salakhutdinov, Zemel, Bengio, "Show, attend and tell: neural image caption generation with visual attention", 2015,
// with their soft attention.
//
//   h_0 = tanh(W_h m + b_h),  c_0 = tanh(W_c m + b_c)        m: the mean of the grid a_1, ..., a_P
//   α_t = softmax over p of v . tanh(W_k a_p + W_q h_{t-1} + b)
//   z_t = β_t sum over p of α_tp a_p                          β_t = σ(w . h_{t-1} + b_β), or 1 without the gate
//   h_t = LSTM([embedding of word t-1, z_t], h_{t-1})        logits of word t from h_t
//
// A caption should look at every place about as much in all: with a weight λ for it, the loss gets
//
//   (λ / targets) sum over captions and p of (1 - sum over t of α_tp)²
//
// which the paper calls doubly stochastic attention. Dropout is on the embeddings, and on h before the logits.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/models/caption_steps.hpp>
#include <pupil/models/context_gate.hpp>
#include <pupil/models/grid.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/select_rows.hpp>
#include <pupil/models/word_output.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/stepwise_attention.hpp>
#include <pupil/nn/stepwise_lstm.hpp>
#include <pupil/nn/unread_forward.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

struct AttentionDecoderOptions {
  Index vocabulary_size = 0;
  Index grid_channels = 0;
  Index embedding_size = 512;  ///< of words
  Index hidden_size = 512;
  Index attention_size = 512;
  double dropout = 0.5;
  Index max_caption_length = 30;  ///< in words: how long captions are said to be where nothing else is asked for
  bool gated = true;              ///< whether there is β
  double doubly_stochastic = 0;   ///< λ
  bool projected = false;         ///< whether h is projected before the logits, and
  bool tied = false;              ///< whether these are of the words' embeddings: see WordOutputOptions
};

template <class T>
class AttentionDecoder {
 public:
  /// What it is in the middle of saying, a row each.
  struct State {
    LstmState<T, 2> lstm;
    LookedAt<T> looked;

    Index rows() const { return looked.rows(); }
    /// Keeps these rows, in this order; a row may come several times.
    void select(std::span<const Index> kept) {
      select_state_rows(lstm, kept);
      looked.select(kept);
    }
    const Tensor<T, 2>& attention() const { return looked.weights; }
  };

  struct Context {
    double regularization = 0;           ///< what is added to the loss of the captions
    std::optional<double> divisor = {};  ///< of that loss, and so of this; else the number of targets
    bool features_need_gradient = true;  ///< without, backward gives no features: there is less to compute
    CaptionSteps steps;
    Tensor<T, 3> grid, keys;
    typename Dense<T>::Context initial_hidden, initial_cell;
    typename Tanh<T>::Context hidden_tanh, cell_tanh;
    typename Embedding<T>::Context embedding;
    typename Dropout<T>::Context input_dropout, output_dropout;
    typename StepwiseAttention<T>::Context attention;
    typename StepwiseLstm<T>::Context lstm;
    Tensor<T, 1> openness;    ///< β of every row
    Tensor<T, 2> d_coverage;  ///< of the sum over a caption's steps of its weights, by rank; empty without λ
    typename WordOutput<T>::Context out;
  };

  /// Throws OptionError where a size is below 1, or λ below 0.
  AttentionDecoder(const AttentionDecoderOptions& options, Rng& rng)
      : options_(options),
        initial_hidden_({.in_features = options.grid_channels, .out_features = options.hidden_size}, rng),
        initial_cell_({.in_features = options.grid_channels, .out_features = options.hidden_size}, rng),
        embedding_({.num_embeddings = options.vocabulary_size,
                    .embedding_dim = options.embedding_size,
                    .standard_deviation = 0.1},
                   rng),
        input_dropout_({.probability = options.dropout}, rng),
        attention_({.query_size = options.hidden_size,
                    .key_size = options.grid_channels,
                    .attention_size = options.attention_size},
                   rng),
        gate_(options.hidden_size, rng),
        lstm_({.row_size = options.embedding_size,
               .late_size = options.grid_channels,
               .hidden_size = options.hidden_size},
              rng),
        output_dropout_({.probability = options.dropout}, rng),
        out_({.hidden_size = options.hidden_size,
              .embedding_size = options.embedding_size,
              .vocabulary_size = options.vocabulary_size,
              .projected = options.projected,
              .tied = options.tied},
             rng) {
    require<OptionError>(options.doubly_stochastic >= 0, "attention: the weight ", options.doubly_stochastic,
                         " of doubly stochastic attention is not a number from 0 on");
  }

  /// Teacher forcing: the logits of every target of these captions that is not padding, [targets, vocabulary_size], in
  /// the order of `target_words(blocks)`. Throws ShapeError for a grid of other channels, and IndexError for a caption
  /// of an image that there is not.
  Tensor<T, 2> forward(const ImageFeatures<T>& features, std::span<const CaptionBlock> blocks, Context& context) {
    check_grid("attention", features, options_.grid_channels);
    const pupil::detail::EmptiedByException emptied(context);
    context.steps = CaptionSteps(blocks, features.images());
    const auto& sequences = context.steps.sequences();
    context.grid = features.grid;
    context.keys = attention_.project_keys(context.grid);
    auto words = embedding_.forward(context.steps.words(), context.embedding);
    lstm_.begin(sequences, input_dropout_.forward(std::move(words), context.input_dropout), {},
                context.steps.image_of_rank(), context.lstm);
    begin_states(context);
    attention_.begin(sequences.rows(), context.grid.dim(1), context.attention);
    if (options_.gated) context.openness = Tensor<T, 1>::uninitialized({sequences.rows()});
    for (Index t = 0; t < sequences.time(); ++t) {
      const auto hiddens = lstm_.hiddens_before(sequences, t, context.lstm);
      const kernels::Destination<T> found = found_at(sequences.begin(t), context.lstm.late);
      attention_.step(sequences.begin(t), hiddens, attended(context), context.attention, found);
      if (options_.gated) gate_.forward(hiddens, context.openness.data() + sequences.begin(t), found, found_size());
      lstm_.step(sequences, t, context.lstm);
    }
    start_coverage(context);
    auto rows = context.steps.in_target_order(context.lstm.trace.hiddens, sequences.batch());
    return out_.forward(output_dropout_.forward(std::move(rows), context.output_dropout), embedding_, context.out);
  }

  /// The gradient of the features, from that of the logits, unless the context says that it is not needed; adds to
  /// those of the parameters.
  ImageFeatures<T> backward(const Tensor<T, 2>& d_logits, const Context& context) {
    const auto& sequences = context.steps.sequences();
    const auto d_hiddens = context.steps.in_packed_order(
        output_dropout_.backward(out_.backward(d_logits, embedding_, context.out), context.output_dropout));
    auto d_lstm = lstm_.begin_backward(sequences, context.lstm);
    auto d_attention = attention_.begin_backward(context.attention, context.keys.shape());
    start_coverage_gradient(context, d_attention.scores);
    Tensor<T, 1> d_gate(context.openness.shape());
    for (Index t = sequences.time() - 1; t >= 0; --t) {
      lstm_.step_backward(sequences, t, d_hiddens, context.lstm, d_lstm);
      const Index row = sequences.begin(t);
      const kernels::Destination<T> d_before = kernels::into(d_lstm.hidden);
      const kernels::RowMajor<T> d_found{d_lstm.late.row(row), sequences.active(t), found_size(), found_size()};
      if (options_.gated) {
        gate_.step_backward({context.lstm.late.row(row), d_found.rows, found_size(), found_size()},
                            context.openness.data() + row, found_at(row, d_lstm.late), d_gate.data() + row, d_before);
      }
      attention_.step_backward(row, d_found, attended(context), context.steps.ranks_of_images(), context.attention,
                               d_attention, d_before);
    }
    const auto hiddens_before = kernels::gathered(context.lstm.trace.hiddens, sequences.previous_states());
    if (options_.gated) gate_.end_backward(d_gate, hiddens_before);
    const auto d_words = lstm_.end_backward(sequences, context.steps.ranks_of_images(), context.lstm, d_lstm).rows;
    embedding_.backward(input_dropout_.backward(d_words, context.input_dropout), context.embedding);

    ImageFeatures<T> d_features;
    if (context.features_need_gradient) d_features.grid = Tensor<T, 3>(context.grid.shape());
    attention_.end_backward(hiddens_before, context.grid, d_attention, d_features.grid);
    auto d_mean = end_states(d_lstm.hidden, d_lstm.cell, context);
    if (!context.features_need_gradient) return d_features;
    kernels::attention_values_backward(kernels::matrix(context.attention.weights), kernels::matrix(d_lstm.late),
                                       context.steps.rows_of_images(), d_features.grid);
    add_mean_gradient(std::move(d_mean), d_features.grid);
    return d_features;
  }

  /// The state before any word, a row an image.
  State start(const ImageFeatures<T>& features) const {
    check_grid("attention", features, options_.grid_channels);
    const auto mean = mean_of_positions(features.grid);
    return {{tanh_.forward(initial_hidden_.forward(mean)), tanh_.forward(initial_cell_.forward(mean))},
            LookedAt<T>({attention_.project_keys(features.grid), features.grid,
                         lstm_.item_gates(Tensor<T, 2>({features.images(), 0}))})};
  }

  /// Reads one word a row: moves the state on and returns the logits of the next, [rows, vocabulary_size].
  Tensor<T, 2> step(const Tensor<std::int32_t, 1>& words, State& state) const {
    auto found = Tensor<T, 2>::uninitialized({state.rows(), found_size()});
    attention_.look(state.lstm.hidden, state.looked.attended(), state.looked.weights, kernels::into(found));
    if (options_.gated) {
      auto openness = Tensor<T, 1>::uninitialized({state.rows()});
      gate_.forward(kernels::matrix(state.lstm.hidden), openness.data(), kernels::into(found), found_size());
    }
    lstm_.step(embedding_.forward(words), state.looked.images().gates, state.looked.image_of_row(), found, state.lstm);
    return out_.forward(state.lstm.hidden, embedding_);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    initial_hidden_.visit(visitor, name / "initial_hidden");
    initial_cell_.visit(visitor, name / "initial_cell");
    embedding_.visit(visitor, name / "embed");
    input_dropout_.visit(visitor, name / "input_dropout");
    attention_.visit(visitor, name / "attention");
    if (options_.gated) gate_.visit(visitor, name / "gate");
    lstm_.visit(visitor, name / "lstm");
    output_dropout_.visit(visitor, name / "output_dropout");
    out_.visit(visitor, name / "out");
  }

  const AttentionDecoderOptions& options() const { return options_; }

  /// What it reads of an image.
  static constexpr FeatureKinds reads() { return {.grid = true}; }

  /// The numbers that words are read as.
  Embedding<T>& embedding() { return embedding_; }

 private:
  Index found_size() const { return options_.grid_channels; }

  /// Where what attention finds for the rows from `row` on lies.
  kernels::Destination<T> found_at(Index row, Tensor<T, 2>& late) const { return {late.row(row), found_size()}; }

  static kernels::AttendedItems<T> attended(const Context& context) {
    return {context.keys, context.grid, context.steps.image_of_rank().data()};
  }

  void begin_states(Context& context) {
    const auto mean = mean_of_positions(context.grid);
    const auto begin = [&](Dense<T>& dense, auto& dense_context, auto& tanh_context, Tensor<T, 2>& states) {
      context.steps.copy_to_ranks(tanh_.forward(dense.forward(mean, dense_context), tanh_context), states);
    };
    begin(initial_hidden_, context.initial_hidden, context.hidden_tanh, context.lstm.trace.hiddens);
    begin(initial_cell_, context.initial_cell, context.cell_tanh, context.lstm.trace.cells);
  }

  /// The gradient of the mean, from those of the initial states.
  Tensor<T, 2> end_states(const Tensor<T, 2>& d_hidden, const Tensor<T, 2>& d_cell, const Context& context) {
    const auto end = [&](Dense<T>& dense, const auto& dense_context, const auto& tanh_context,
                         const Tensor<T, 2>& d_states) {
      auto sums = kernels::sum_rank_rows(context.steps.ranks_of_images(), d_states);
      return dense.backward(tanh_.backward(std::move(sums), tanh_context), dense_context);
    };
    auto d_mean = end(initial_hidden_, context.initial_hidden, context.hidden_tanh, d_hidden);
    kernels::add_to(d_mean, end(initial_cell_, context.initial_cell, context.cell_tanh, d_cell));
    return d_mean;
  }

  /// Sets what doubly stochastic attention adds to the loss, and the gradient of that.
  void start_coverage(Context& context) const {
    context.regularization = 0;
    context.d_coverage = {};
    const auto& sequences = context.steps.sequences();
    if (options_.doubly_stochastic == 0 || sequences.rows() == 0) return;
    const double scale = options_.doubly_stochastic / context.divisor.value_or(static_cast<double>(sequences.rows()));
    context.d_coverage = Tensor<T, 2>({sequences.batch(), context.grid.dim(1)});
    for (Index rank = 0; rank < sequences.batch(); ++rank) {
      T* const row = context.d_coverage.row(rank);
      for (Index t = 0; t < sequences.length(rank); ++t) {
        const T* const weights = context.attention.weights.row(sequences.begin(t) + rank);
        for (Index p = 0; p < context.grid.dim(1); ++p) row[p] += weights[p];
      }
      for (Index p = 0; p < context.grid.dim(1); ++p) {
        const double missing = 1 - static_cast<double>(row[p]);
        context.regularization += scale * missing * missing;
        row[p] = static_cast<T>(-2 * scale * missing);
      }
    }
  }

  /// A weight is a term of its caption's coverage, whatever the step.
  static void start_coverage_gradient(const Context& context, Tensor<T, 2>& d_weights) {
    if (context.d_coverage.empty()) return;
    const auto& sequences = context.steps.sequences();
    for (Index t = 0; t < sequences.time(); ++t) {
      std::copy_n(context.d_coverage.data(), sequences.active(t) * d_weights.columns(),
                  d_weights.row(sequences.begin(t)));
    }
  }

  AttentionDecoderOptions options_;
  Dense<T> initial_hidden_, initial_cell_;
  Tanh<T> tanh_;
  Embedding<T> embedding_;
  Dropout<T> input_dropout_;
  StepwiseAttention<T> attention_;
  ContextGate<T> gate_;
  StepwiseLstm<T> lstm_;
  Dropout<T> output_dropout_;
  WordOutput<T> out_;
};

}  // namespace pupil::captioning
