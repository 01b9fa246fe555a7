#pragma once
// ShowAndTell: the decoder that turns an image's features into words. Vinyals, Toshev, Bengio, Erhan, "Show and tell: a
// neural image caption generator", 2015.
//
//   x_0 = features of the image,  x_t = embedding of word t-1 (word 0 is the start word)
//   h_t = LSTM(x_t, h_{t-1}),     logits of word t = W h_t + b
//
// Dropout is between the inputs and the LSTM, and between the LSTM and the logits.

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/data/batches.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct ShowAndTellOptions {
  Index vocabulary_size = 0;
  Index embedding_size = 512;  ///< of words, and of the image's features
  Index hidden_size = 512;
  double dropout = 0.5;
  Index max_caption_length = 30;  ///< in words: how long captions are said to be where nothing else is asked for
};

template <class T>
class ShowAndTell {
 public:
  struct Context {
    typename Embedding<T>::Context embedding;
    typename Dropout<T>::Context input_dropout, output_dropout;
    typename Lstm<T>::Context lstm;
    typename Dense<T>::Context out;
    std::vector<Index> lengths;     ///< of the sequences with the image before the words
    std::vector<Index> image_rows;  ///< which row of the features each sequence began with
    Index images = 0;
  };

  ShowAndTell(const ShowAndTellOptions& options, Rng& rng)
      : options_(options),
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

  /// Teacher forcing: features [images, embedding_size] and a block of captions give the logits of every target that is
  /// not padding, [targets, vocabulary_size], in the order of `target_words(block)`.
  Tensor<T, 2> forward(const Tensor<T, 2>& features, const CaptionBlock& block, Context& context) {
    check_features(features);
    const detail::EmptiedByException emptied(context);
    context.images = features.rows();
    context.image_rows.assign(block.image_rows.begin(), block.image_rows.end());
    context.lengths.assign(block.lengths.begin(), block.lengths.end());
    for (Index& length : context.lengths) ++length;

    auto words = embedding_.forward(block.inputs, context.embedding);
    auto inputs = input_dropout_.forward(with_image_first(features, words, context), context.input_dropout);
    auto hidden = lstm_.forward(std::move(inputs), {}, context.lengths, context.lstm).output;
    auto rows = output_dropout_.forward(gather_targets(hidden, context.lengths), context.output_dropout);
    return out_.forward(std::move(rows), context.out);
  }

  /// The gradient of the features, [images, embedding_size], from that of the logits.
  Tensor<T, 2> backward(const Tensor<T, 2>& d_logits, const Context& context) {
    auto d_rows = output_dropout_.backward(out_.backward(d_logits, context.out), context.output_dropout);
    auto d_hidden = scatter_targets(d_rows, context.lengths);
    auto d_inputs = lstm_.backward({.output = std::move(d_hidden)}, context.lstm).input;
    d_inputs = input_dropout_.backward(std::move(d_inputs), context.input_dropout);
    return split_image_off(d_inputs, context);
  }

  /// The state after reading the features [batch, embedding_size], before any word.
  LstmState<T> start(const Tensor<T, 2>& features) const {
    check_features(features);
    return lstm_.forward(features.reshaped(Shape<3>{1, features.rows(), features.columns()})).state;
  }

  /// Reads one word a sequence: moves the state on and returns the logits of the next, [batch, vocabulary_size].
  Tensor<T, 2> step(const Tensor<std::int32_t, 1>& words, LstmState<T>& state) const {
    auto embedded = embedding_.forward(words);
    const Shape<3> one_step{1, embedded.rows(), embedded.columns()};
    auto read = lstm_.forward(std::move(embedded).reshaped(one_step), state);
    state = std::move(read.state);
    return out_.forward(std::move(read.output).reshaped(Shape<2>{words.size(), options_.hidden_size}));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    embedding_.visit(visitor, name / "embed");
    input_dropout_.visit(visitor, name / "input_dropout");
    lstm_.visit(visitor, name / "lstm");
    output_dropout_.visit(visitor, name / "output_dropout");
    out_.visit(visitor, name / "out");
  }

  const ShowAndTellOptions& options() const { return options_; }

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

  void check_features(const Tensor<T, 2>& features) const {
    require<ShapeError>(features.columns() == options_.embedding_size, "show_and_tell: features have ",
                        features.columns(), " numbers, the decoder was made for ", options_.embedding_size,
                        " (features ", features.shape(), ")");
  }

  /// [time + 1, captions, embedding_size]
  Tensor<T, 3> with_image_first(const Tensor<T, 2>& features, const Tensor<T, 3>& words, const Context& context) const {
    const auto captions = static_cast<Index>(context.image_rows.size());
    auto inputs = Tensor<T, 3>::uninitialized({words.dim(0) + 1, captions, options_.embedding_size});
    for (Index c = 0; c < captions; ++c) {
      const Index image = context.image_rows[static_cast<std::size_t>(c)];
      require<IndexError>(image >= 0 && image < features.rows(), "show_and_tell: caption ", c, " is of image ", image,
                          ", there are ", features.rows());
      std::copy_n(features.row(image), options_.embedding_size, inputs.row(c));
    }
    std::copy(words.begin(), words.end(), inputs.row(captions));
    return inputs;
  }

  /// Undoes with_image_first: word gradients go to the embedding, image gradients are summed by image and returned.
  Tensor<T, 2> split_image_off(const Tensor<T, 3>& d_inputs, const Context& context) {
    const Index captions = d_inputs.dim(1);
    Tensor<T, 2> d_features({context.images, options_.embedding_size});
    for (Index c = 0; c < captions; ++c) {
      T* const sum = d_features.row(context.image_rows[static_cast<std::size_t>(c)]);
      for (Index i = 0; i < options_.embedding_size; ++i) sum[i] += d_inputs.row(c)[i];
    }
    auto d_words = Tensor<T, 3>::uninitialized({d_inputs.dim(0) - 1, captions, options_.embedding_size});
    std::copy(d_inputs.row(captions), d_inputs.end(), d_words.begin());
    embedding_.backward(d_words, context.embedding);
    return d_features;
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

  static Index count_targets(std::span<const Index> lengths) {
    Index count = 0;
    for_each_target_step(lengths, [&](Index, Index active) { count += active; });
    return count;
  }

  /// The rows of hidden [time, batch, hidden_size] from which a target is predicted, padding dropped.
  Tensor<T, 2> gather_targets(const Tensor<T, 3>& hidden, std::span<const Index> lengths) const {
    auto rows = Tensor<T, 2>::uninitialized({count_targets(lengths), hidden.columns()});
    T* next = rows.data();
    for_each_target_step(lengths, [&](Index t, Index active) {
      next = std::copy_n(hidden.row(t * hidden.dim(1)), active * hidden.columns(), next);
    });
    return rows;
  }

  Tensor<T, 3> scatter_targets(const Tensor<T, 2>& rows, std::span<const Index> lengths) const {
    Tensor<T, 3> hidden({lengths.empty() ? 0 : lengths.front(), static_cast<Index>(lengths.size()), rows.columns()});
    const T* next = rows.data();
    for_each_target_step(lengths, [&](Index t, Index active) {
      std::copy_n(next, active * rows.columns(), hidden.row(t * hidden.dim(1)));
      next += active * rows.columns();
    });
    return hidden;
  }

  ShowAndTellOptions options_;
  Embedding<T> embedding_;
  Dropout<T> input_dropout_;
  Lstm<T> lstm_;
  Dropout<T> output_dropout_;
  Dense<T> out_;
};

/// The targets of a block that are not padding, step by step, in the order of ShowAndTell's logits.
inline Tensor<std::int32_t, 1> target_words(const CaptionBlock& block) {
  Index count = 0;
  for (const std::int32_t target : block.targets) count += target == CaptionBlock::ignored_target ? 0 : 1;
  auto words = Tensor<std::int32_t, 1>::uninitialized({count});
  std::copy_if(block.targets.begin(), block.targets.end(), words.begin(),
               [](std::int32_t target) { return target != CaptionBlock::ignored_target; });
  return words;
}

}  // namespace pupil
