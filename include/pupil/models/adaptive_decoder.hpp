#pragma once
// AdaptiveDecoder: a decoder that decides at every word how much it looks at the image, and how much it trusts what it
// has said so far. Lu, Xiong, Parikh, Socher, "Knowing when to look: adaptive attention via a visual sentinel for image
// captioning", 2017.
//
//   v_p = ReLU(W_a a_p + b_a)        v_g = ReLU(W_b m + b_b)        m: the mean of the grid a_1, ..., a_P
//   x_t = [embedding of word t-1, v_g]                               h_t, c_t = LSTM(x_t, h_{t-1}, c_{t-1})
//   s_t = σ(W_x x_t + W_h h_{t-1}) tanh(c_t)                         the sentinel, one position more
//   α_t = softmax over p and s of v . tanh(W_k v_p + W_q h_t + b), and v . tanh(W_s s_t + W_q h_t + b)
//   z_t = sum over p of α_tp v_p, and α_ts s_t                       logits of word t from z_t + h_t
//
// What is found does not go back into the LSTM: so only the LSTM goes step by step in training, and the sentinel and
// attention are computed for all steps at once. Dropout is on the embeddings, and on z + h before the logits.

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/models/caption_steps.hpp>
#include <pupil/models/grid.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/select_rows.hpp>
#include <pupil/models/visual_sentinel.hpp>
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

/// embedding_size is also the size of v_g, hidden_size that of v_p; projected is z + h.
using AdaptiveDecoderOptions = GridDecoderOptions;

template <class T>
class AdaptiveDecoder {
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
    /// Their sum is less than 1: the rest is the sentinel's.
    const Tensor<T, 2>& attention() const { return looked.weights; }
  };

  struct Context {
    double regularization = 0;           ///< what is added to the loss of the captions: nothing
    bool features_need_gradient = true;  ///< without, backward gives no features: there is less to compute
    CaptionSteps steps;
    typename Dense<T>::Context value, global;
    typename Relu<T>::Context value_relu, global_relu;
    Tensor<T, 3> values, keys;
    typename Embedding<T>::Context embedding;
    typename Dropout<T>::Context input_dropout, output_dropout;
    typename StepwiseLstm<T>::Context lstm;
    typename VisualSentinel<T>::Context sentinel;
    typename Dense<T>::Context sentinel_key;
    Tensor<T, 2> own_keys;  ///< [rows, attention_size], of the sentinels
    typename StepwiseAttention<T>::Context attention;
    typename WordOutput<T>::Context out;
  };

  /// Throws OptionError where a size is below 1.
  AdaptiveDecoder(const AdaptiveDecoderOptions& options, Rng& rng)
      : options_(options),
        value_({.in_features = options.grid_channels, .out_features = options.hidden_size}, rng),
        global_({.in_features = options.grid_channels, .out_features = options.embedding_size}, rng),
        embedding_({.num_embeddings = options.vocabulary_size,
                    .embedding_dim = options.embedding_size,
                    .standard_deviation = 0.1},
                   rng),
        input_dropout_({.probability = options.dropout}, rng),
        lstm_({.row_size = options.embedding_size,
               .item_size = options.embedding_size,
               .hidden_size = options.hidden_size},
              rng),
        sentinel_(lstm_.options(), rng),
        sentinel_key_({.in_features = options.hidden_size, .out_features = options.attention_size, .bias = false}, rng),
        attention_({.query_size = options.hidden_size,
                    .key_size = options.hidden_size,
                    .attention_size = options.attention_size},
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
    check_grid("adaptive", features, options_.grid_channels);
    const pupil::detail::EmptiedByException emptied(context);
    context.steps = CaptionSteps(blocks, features.images());
    const auto& sequences = context.steps.sequences();
    context.values = relu_.forward(value_.forward(features.grid, context.value), context.value_relu);
    context.keys = attention_.project_keys(context.values);
    auto global = relu_.forward(global_.forward(mean_of_positions(features.grid), context.global), context.global_relu);
    auto words = embedding_.forward(context.steps.words(), context.embedding);

    lstm_.begin(sequences, input_dropout_.forward(std::move(words), context.input_dropout), std::move(global),
                context.steps.image_of_rank(), context.lstm);
    for (Index t = 0; t < sequences.time(); ++t) lstm_.step(sequences, t, context.lstm);
    sentinel_.forward(sequences, context.steps.image_of_rank(), context.lstm, context.sentinel);
    context.own_keys = sentinel_key_.forward(context.sentinel.sentinel, context.sentinel_key);

    const auto hiddens = StepwiseLstm<T>::hiddens_of_rows(context.steps.sequences(), context.lstm);
    auto found = Tensor<T, 2>::uninitialized({hiddens.rows, hiddens.columns});
    attention_.begin(sequences.rows(), context.values.dim(1) + 1, context.attention);
    attention_.step(0, hiddens, attended(context), context.attention, kernels::into(found));
    add_hidden(hiddens.data, found);
    auto rows = context.steps.in_target_order(found);
    return out_.forward(output_dropout_.forward(std::move(rows), context.output_dropout), embedding_, context.out);
  }

  /// The gradient of the features, from that of the logits, unless the context says that it is not needed; adds to
  /// those of the parameters.
  ImageFeatures<T> backward(const Tensor<T, 2>& d_logits, const Context& context) {
    const auto& sequences = context.steps.sequences();
    const auto& ranks = context.steps.ranks_of_images();
    const auto d_found = context.steps.in_packed_order(
        output_dropout_.backward(out_.backward(d_logits, embedding_, context.out), context.output_dropout));
    auto d_hiddens = d_found;
    Tensor<T, 3> d_values(context.values.shape());
    const auto d_sentinels = look_backward(d_found, context, d_hiddens, d_values);
    const auto d_sentinel = sentinel_.backward(sequences, d_sentinels, context.lstm, context.sentinel, d_hiddens);

    auto d_lstm = lstm_.begin_backward(sequences, context.lstm);
    for (Index t = sequences.time() - 1; t >= 0; --t) {
      for (Index r = 0; r < sequences.active(t); ++r) {
        kernels::detail::add_row(d_sentinel.cells.row(sequences.begin(t) + r), options_.hidden_size,
                                 d_lstm.cell.row(r));
      }
      lstm_.step_backward(sequences, t, d_hiddens, context.lstm, d_lstm);
    }
    auto d_input = lstm_.end_backward(sequences, ranks, context.lstm, d_lstm);
    sentinel_.end_backward(sequences, ranks, context.lstm, d_sentinel, d_input);
    embedding_.backward(input_dropout_.backward(std::move(d_input.rows), context.input_dropout), context.embedding);

    d_values = relu_.backward(std::move(d_values), context.value_relu);
    auto d_mean = global_.backward(relu_.backward(std::move(d_input.items), context.global_relu), context.global);
    ImageFeatures<T> d_features;
    if (!context.features_need_gradient) {
      value_.backward_parameters(d_values, context.value);
      return d_features;
    }
    d_features.grid = value_.backward(d_values, context.value);
    add_mean_gradient(std::move(d_mean), d_features.grid);
    return d_features;
  }

  /// The state before any word, a row an image.
  State start(const ImageFeatures<T>& features) const {
    check_grid("adaptive", features, options_.grid_channels);
    auto values = relu_.forward(value_.forward(features.grid));
    auto keys = attention_.project_keys(values);
    const auto global = relu_.forward(global_.forward(mean_of_positions(features.grid)));
    const Shape states{features.images(), options_.hidden_size};
    return {{Tensor<T, 2>(states), Tensor<T, 2>(states)},
            LookedAt<T>({std::move(keys), std::move(values), lstm_.item_gates(global), sentinel_.item_sums(global)})};
  }

  /// Reads one word a row: moves the state on and returns the logits of the next, [rows, vocabulary_size].
  Tensor<T, 2> step(const Tensor<std::int32_t, 1>& words, State& state) const {
    const auto& images = state.looked.images();
    const auto embedded = embedding_.forward(words);
    auto openness = sentinel_.sums(embedded, images.second_gates, state.looked.image_of_row(), state.lstm.hidden);
    lstm_.step(embedded, images.gates, state.looked.image_of_row(), {}, state.lstm);
    auto sentinel = Tensor<T, 2>::uninitialized(openness.shape());
    sentinel_.open(openness, state.lstm.cell.data(), sentinel);

    const auto own_keys = sentinel_key_.forward(sentinel);
    auto attended = state.looked.attended();
    attended.own_keys = own_keys.data();
    attended.own_values = sentinel.data();
    Tensor<T, 2> weights;
    auto found = Tensor<T, 2>::uninitialized(sentinel.shape());
    attention_.look(state.lstm.hidden, attended, weights, kernels::into(found));
    state.looked.weights = without_last_column(weights);
    add_hidden(state.lstm.hidden.data(), found);
    return out_.forward(found, embedding_);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    value_.visit(visitor, name / "value");
    global_.visit(visitor, name / "global");
    embedding_.visit(visitor, name / "embed");
    input_dropout_.visit(visitor, name / "input_dropout");
    lstm_.visit(visitor, name / "lstm");
    sentinel_.visit(visitor, name / "sentinel");
    sentinel_key_.visit(visitor, name / "sentinel_key");
    attention_.visit(visitor, name / "attention");
    output_dropout_.visit(visitor, name / "output_dropout");
    out_.visit(visitor, name / "out");
  }

  const AdaptiveDecoderOptions& options() const { return options_; }

  /// What it reads of an image.
  static constexpr FeatureKinds reads() { return {.grid = true}; }

  /// The numbers that words are read as.
  Embedding<T>& embedding() { return embedding_; }

 private:
  static kernels::AttendedItems<T> attended(const Context& context) {
    return {context.keys, context.values, context.steps.image_of_row().data(), context.own_keys.data(),
            context.sentinel.sentinel.data()};
  }

  /// found += hidden, of the same shape.
  static void add_hidden(const T* hidden, Tensor<T, 2>& found) {
    kernels::detail::add_row(hidden, found.size(), found.data());
  }

  static Tensor<T, 2> without_last_column(const Tensor<T, 2>& weights) {
    auto columns = Tensor<T, 2>::uninitialized({weights.rows(), weights.columns() - 1});
    for (Index r = 0; r < weights.rows(); ++r) std::copy_n(weights.row(r), columns.columns(), columns.row(r));
    return columns;
  }

  /// Attention of all rows back: adds to the gradients of the hidden states and of the values, and returns that of the
  /// sentinels.
  Tensor<T, 2> look_backward(const Tensor<T, 2>& d_found, const Context& context, Tensor<T, 2>& d_hiddens,
                             Tensor<T, 3>& d_values) {
    const auto& weights = context.attention.weights;
    const auto& rows_of_images = context.steps.rows_of_images();
    auto d_attention = attention_.begin_backward(context.attention, context.keys.shape(), true);
    attention_.step_backward(0, kernels::matrix(d_found), attended(context), rows_of_images, context.attention,
                             d_attention, kernels::into(d_hiddens));
    attention_.end_backward(StepwiseLstm<T>::hiddens_of_rows(context.steps.sequences(), context.lstm), context.values,
                            d_attention, d_values);
    kernels::attention_values_backward(kernels::matrix(weights), kernels::matrix(d_found), rows_of_images, d_values);
    auto d_sentinels = sentinel_key_.backward(d_attention.own_keys, context.sentinel_key);
    for (Index r = 0; r < d_sentinels.rows(); ++r) {
      kernels::detail::add_multiple(weights(r, weights.columns() - 1), d_found.row(r), d_found.columns(),
                                    d_sentinels.row(r));
    }
    return d_sentinels;
  }

  AdaptiveDecoderOptions options_;
  Dense<T> value_, global_;
  Relu<T> relu_;
  Embedding<T> embedding_;
  Dropout<T> input_dropout_;
  StepwiseLstm<T> lstm_;
  VisualSentinel<T> sentinel_;
  Dense<T> sentinel_key_;
  StepwiseAttention<T> attention_;
  Dropout<T> output_dropout_;
  WordOutput<T> out_;
};

}  // namespace pupil::captioning
