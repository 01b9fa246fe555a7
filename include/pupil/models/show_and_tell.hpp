#pragma once
// ShowAndTell: a decoder that reads an image as the first of its words. Vinyals, Toshev, Bengio, Erhan, "Show and tell:
// a neural image caption generator", 2015.
//
//   x_0 = projection of the pooled features,  x_t = embedding of word t-1 (word 0 is the start word)
//   h_t = LSTM(x_t, h_{t-1}),                 logits of word t = W h_t + b
//
// Dropout is between the inputs and the LSTM, and between the LSTM and the logits.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/image_projection.hpp>
#include <pupil/models/select_rows.hpp>
#include <pupil/models/word_loss.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/unread_forward.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

struct ShowAndTellOptions {
  Index vocabulary_size = 0;
  Index pooled_size = 0;       ///< of the image's features
  Index embedding_size = 512;  ///< of words, and of the projected features
  Index hidden_size = 512;
  double dropout = 0.5;
  Index max_caption_length = 30;  ///< in words: how long captions are said to be where nothing else is asked for
  double word_loss = 0;  ///< weight of the word loss (word_loss.hpp) in training: 1 is as much as that of the captions
};

template <class T>
class ShowAndTell {
  /// What is kept of one block of captions.
  struct BlockContext {
    typename Embedding<T>::Context embedding;
    typename Dropout<T>::Context input_dropout;
    typename Lstm<T>::Context lstm;
    std::vector<Index> lengths;     ///< of the sequences with the image before the words
    std::vector<Index> image_rows;  ///< which row of the features each sequence began with
  };

 public:
  /// What it is in the middle of saying, a row each.
  struct State {
    LstmState<T> lstm;

    Index rows() const { return lstm.hidden.dim(1); }
    /// Keeps these rows, in this order; a row may come several times.
    void select(std::span<const Index> kept) { select_state_rows(lstm, kept); }
    /// Empty: it looks at no place in particular.
    Tensor<T, 2> attention() const { return {}; }
  };

  struct Context {
    double regularization = 0;           ///< what is added to the loss of the captions: the word loss
    std::optional<double> divisor = {};  ///< of that loss, and so of this; see word_loss
    typename ImageProjection<T>::Context projection;
    Tensor<T, 2> image;  ///< projected features, [images, embedding_size]
    Tensor<T, 2> d_word_scores;
    std::vector<BlockContext> blocks;  ///< as many as an earlier batch had, so that they keep their memory
    std::size_t block_count = 0;
    typename Dropout<T>::Context output_dropout;
    typename Dense<T>::Context out;
  };

  ShowAndTell(const ShowAndTellOptions& options, Rng& rng)
      : options_(options),
        projection_({.pooled_size = options.pooled_size, .embedding_size = options.embedding_size}, rng),
        embedding_({.num_embeddings = options.vocabulary_size,
                    .embedding_dim = options.embedding_size,
                    .standard_deviation = 0.1},
                   rng),
        input_dropout_({.probability = options.dropout}, rng),
        lstm_({.input_size = options.embedding_size, .hidden_size = options.hidden_size}, rng),
        output_dropout_({.probability = options.dropout}, rng),
        out_({.in_features = options.hidden_size, .out_features = options.vocabulary_size}, rng) {
    open_forget_gates();
  }

  /// Teacher forcing: the logits of every target of these captions that is not padding, [targets, vocabulary_size], in
  /// the order of `target_words(blocks)`. Throws ShapeError for features of another size, or of a single image, and
  /// IndexError for a caption of an image that there is not.
  Tensor<T, 2> forward(const ImageFeatures<T>& features, std::span<const CaptionBlock> blocks, Context& context) {
    check(features);
    check_image_rows(blocks, features.images());
    const pupil::detail::EmptiedByException emptied(context);
    context.image = projection_.forward(features.pooled, context.projection);
    start_word_loss(blocks, context);
    context.block_count = blocks.size();
    if (context.blocks.size() < blocks.size()) context.blocks.resize(blocks.size());
    auto rows = Tensor<T, 2>::uninitialized({count_targets(blocks), options_.hidden_size});
    T* next = rows.data();
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      BlockContext& block = context.blocks[b];
      const Tensor<T, 3> hidden = read(context.image, blocks[b], block);
      next = gather_targets(hidden, block.lengths, next);
    }
    return out_.forward(output_dropout_.forward(std::move(rows), context.output_dropout), context.out);
  }

  /// The gradient of the features, from that of the logits; adds to those of the parameters.
  ImageFeatures<T> backward(const Tensor<T, 2>& d_logits, const Context& context) {
    const auto d_rows = output_dropout_.backward(out_.backward(d_logits, context.out), context.output_dropout);
    Tensor<T, 2> d_image = context.d_word_scores.empty()
                               ? Tensor<T, 2>(context.image.shape())
                               : embedding_.backward_scores(context.d_word_scores, context.image);
    const T* next = d_rows.data();
    for (std::size_t b = 0; b < context.block_count; ++b) {
      const BlockContext& block = context.blocks[b];
      Tensor<T, 3> d_hidden = scatter_targets(next, block.lengths);
      auto d_inputs = lstm_.backward({.output = std::move(d_hidden)}, block.lstm).input;
      split_image_off(input_dropout_.backward(std::move(d_inputs), block.input_dropout), block, d_image);
    }
    return {.pooled = projection_.backward(std::move(d_image), context.projection)};
  }

  /// The state after reading the images, a row each, before any word.
  State start(const ImageFeatures<T>& features) const {
    check(features);
    auto image = projection_.forward(features.pooled);
    const Shape<3> one_step{1, image.rows(), image.columns()};
    return {lstm_.forward(std::move(image).reshaped(one_step)).state};
  }

  /// Reads one word a row: moves the state on and returns the logits of the next, [rows, vocabulary_size].
  Tensor<T, 2> step(const Tensor<std::int32_t, 1>& words, State& state) const {
    auto embedded = embedding_.forward(words);
    const Shape<3> one_step{1, embedded.rows(), embedded.columns()};
    auto read = lstm_.forward(std::move(embedded).reshaped(one_step), state.lstm);
    state.lstm = std::move(read.state);
    return out_.forward(std::move(read.output).reshaped(Shape<2>{words.size(), options_.hidden_size}));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    projection_.visit(visitor, name / "image");
    embedding_.visit(visitor, name / "embed");
    input_dropout_.visit(visitor, name / "input_dropout");
    lstm_.visit(visitor, name / "lstm");
    output_dropout_.visit(visitor, name / "output_dropout");
    out_.visit(visitor, name / "out");
  }

  const ShowAndTellOptions& options() const { return options_; }

  /// What it reads of an image.
  static constexpr FeatureKinds reads() { return {.pooled = true}; }

  /// The numbers that words are read as.
  Embedding<T>& embedding() { return embedding_; }

 private:
  /// The image is seen once, and must last to the end of the caption: small words do not drown it at the start, and
  /// forget gates begin open (Jozefowicz, Zaremba, Sutskever, 2015).
  void open_forget_gates() {
    for_each_parameter(lstm_, [&](const Name& name, auto& parameter) {
      if (name.str() != "bias_ih_l0") return;
      T* const forget = parameter.value.data() + options_.hidden_size;  // gates lie in the order i, f, g, o
      std::fill_n(forget, options_.hidden_size, T{1});
    });
  }

  void check(const ImageFeatures<T>& features) const {
    require<ShapeError>(features.pooled.columns() == options_.pooled_size, "show_and_tell: pooled features have ",
                        features.pooled.columns(), " numbers, the decoder was made for ", options_.pooled_size,
                        " (features ", features.pooled.shape(), ")");
  }

  void start_word_loss(std::span<const CaptionBlock> blocks, Context& context) {
    context.regularization = 0;
    context.d_word_scores = {};
    if (options_.word_loss == 0) return;
    WordLoss<T> loss = word_loss(embedding_, context.image, blocks, options_.word_loss, context.divisor);
    context.regularization = loss.value;
    context.d_word_scores = std::move(loss.d_scores);
  }

  /// What the LSTM says at every step, [time + 1, captions, hidden_size]; the image is the first.
  Tensor<T, 3> read(const Tensor<T, 2>& image, const CaptionBlock& block, BlockContext& context) {
    context.image_rows.assign(block.image_rows.begin(), block.image_rows.end());
    context.lengths.assign(block.lengths.begin(), block.lengths.end());
    for (Index& length : context.lengths) ++length;
    auto words = embedding_.forward(block.inputs, context.embedding);
    auto inputs = input_dropout_.forward(with_image_first(image, words, context), context.input_dropout);
    return lstm_.forward(std::move(inputs), {}, context.lengths, context.lstm).output;
  }

  /// [time + 1, captions, embedding_size]
  Tensor<T, 3> with_image_first(const Tensor<T, 2>& image, const Tensor<T, 3>& words,
                                const BlockContext& context) const {
    const auto captions = static_cast<Index>(context.image_rows.size());
    auto inputs = Tensor<T, 3>::uninitialized({words.dim(0) + 1, captions, options_.embedding_size});
    for (Index c = 0; c < captions; ++c) {
      std::copy_n(image.row(context.image_rows[static_cast<std::size_t>(c)]), options_.embedding_size, inputs.row(c));
    }
    std::copy(words.begin(), words.end(), inputs.row(captions));
    return inputs;
  }

  /// Undoes with_image_first: word gradients go to the embedding, image gradients are added to those of their images.
  void split_image_off(const Tensor<T, 3>& d_inputs, const BlockContext& context, Tensor<T, 2>& d_image) {
    const Index captions = d_inputs.dim(1);
    for (Index c = 0; c < captions; ++c) {
      T* const sum = d_image.row(context.image_rows[static_cast<std::size_t>(c)]);
      for (Index i = 0; i < options_.embedding_size; ++i) sum[i] += d_inputs.row(c)[i];
    }
    auto d_words = Tensor<T, 3>::uninitialized({d_inputs.dim(0) - 1, captions, options_.embedding_size});
    std::copy(d_inputs.row(captions), d_inputs.end(), d_words.begin());
    embedding_.backward(d_words, context.embedding);
  }

  /// Calls `use(step, active)` for every step after the image's: the first `active` sequences have a target there.
  template <class Use>
  static void for_each_target_step(std::span<const Index> lengths, Use&& use) {
    const Index time = lengths.empty() ? 0 : lengths.front();
    auto active = static_cast<Index>(lengths.size());
    for (Index t = 1; t < time; ++t) {
      while (lengths[static_cast<std::size_t>(active - 1)] <= t) --active;
      use(t, active);
    }
  }

  /// Copies the rows of hidden [time, captions, hidden_size] from which a target is predicted to `next` and on, padding
  /// dropped. Returns where they end.
  static T* gather_targets(const Tensor<T, 3>& hidden, std::span<const Index> lengths, T* next) {
    for_each_target_step(lengths, [&](Index t, Index active) {
      next = std::copy_n(hidden.row(t * hidden.dim(1)), active * hidden.columns(), next);
    });
    return next;
  }

  /// Undoes gather_targets, and moves `next` on.
  Tensor<T, 3> scatter_targets(const T*& next, std::span<const Index> lengths) const {
    Tensor<T, 3> hidden(
        {lengths.empty() ? 0 : lengths.front(), static_cast<Index>(lengths.size()), options_.hidden_size});
    for_each_target_step(lengths, [&](Index t, Index active) {
      std::copy_n(next, active * hidden.columns(), hidden.row(t * hidden.dim(1)));
      next += active * hidden.columns();
    });
    return hidden;
  }

  ShowAndTellOptions options_;
  ImageProjection<T> projection_;
  Embedding<T> embedding_;
  Dropout<T> input_dropout_;
  Lstm<T> lstm_;
  Dropout<T> output_dropout_;
  Dense<T> out_;
};

}  // namespace pupil::captioning
