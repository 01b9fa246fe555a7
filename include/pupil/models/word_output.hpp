#pragma once
// WordOutput: from what a decoder knows to how likely every word is the next.
//
//   projected:  z = tanh(P h + p)          else  z = h
//   tied:       logits = z E^T + b         else  logits = z W^T + b        E: the embedding that the decoder reads by
//
// The projection is the "deep output" of Pascanu, Gulcehre, Cho, Bengio, "How to construct deep recurrent neural
// networks", 2014, which Xu et al. (2015) and Lu et al. (2017) put before their words, in their programs with a tanh.
// Without one, two products in a row would be no more than a W of low rank. It also keeps z in [-1, 1], whatever the
// scale of the image's features in h, so that tied rows need not shrink to keep the softmax from saturating.
//
// Tied weights: Press and Wolf, "Using the output embedding to improve language models", 2017; Inan, Khosravi, Socher,
// "Tying word vectors and word classifiers", 2017. A word is then learned wherever it is read or said, and a vocabulary
// costs half the parameters, which is what few captions ask for.

#include <optional>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil::captioning {

struct WordOutputOptions {
  Index hidden_size = 0;
  Index embedding_size = 0;  ///< of the projection, and of tied weights
  Index vocabulary_size = 0;
  bool projected = false;
  bool tied = false;  ///< whether the embedding's weight is the output's too; else it has one of its own
};

/// Hidden rows [rows, hidden_size] give logits [rows, vocabulary_size]. The decoder's embedding is given to every call,
/// and used where the weights are tied: so it stays one parameter with one gradient, visited by its owner alone.
template <class T>
class WordOutput {
 public:
  struct Context {
    typename Dense<T>::Context projection;
    typename Tanh<T>::Context tanh;
    typename Dense<T>::Context own;
    Tensor<T, 2> compared;  ///< with the tied rows: [rows, embedding_size]
    UnreadForward unread{};
  };

  /// Projection and own weights begin as Dense layers do, the bias of tied weights as zeros. Throws OptionError where a
  /// size that is used is below 1, and where tied weights have not the size of what is compared with them.
  WordOutput(const WordOutputOptions& options, Rng& rng) : options_(checked(options)) {
    if (options.projected) {
      projection_.emplace(DenseOptions{.in_features = options.hidden_size, .out_features = options.embedding_size},
                          rng);
    }
    if (options.tied) {
      tied_bias_ = Parameter(Tensor<T, 1>({options.vocabulary_size}));
    } else {
      own_.emplace(DenseOptions{.in_features = compared_size(), .out_features = options.vocabulary_size}, rng);
    }
  }

  /// Throws ShapeError where the rows, or an embedding that is tied, have another size.
  Tensor<T, 2> forward(const Tensor<T, 2>& hidden, const Embedding<T>& embedding) const {
    if (!projection_) return logits(hidden, embedding);
    return logits(tanh_.forward(projection_->forward(hidden)), embedding);
  }

  Tensor<T, 2> forward(Tensor<T, 2> hidden, const Embedding<T>& embedding, Context& context) {
    const pupil::detail::EmptiedByException emptied(context);
    if (projection_) {
      hidden = tanh_.forward(projection_->forward(std::move(hidden), context.projection), context.tanh);
    }
    if (own_) return own_->forward(std::move(hidden), context.own);
    auto y = logits(hidden, embedding);
    context.unread.begin("word_output");
    context.compared = std::move(hidden);
    return y;
  }

  /// The gradient of the hidden rows; adds to those of the parameters, the tied embedding's among them. Throws
  /// ShapeError where the gradient does not fit the logits.
  Tensor<T, 2> backward(const Tensor<T, 2>& d_logits, Embedding<T>& embedding, const Context& context) {
    auto d_compared = own_ ? own_->backward(d_logits, context.own) : backward_tied(d_logits, embedding, context);
    if (!projection_) return d_compared;
    return projection_->backward(tanh_.backward(std::move(d_compared), context.tanh), context.projection);
  }

  /// "projection.weight", "projection.bias"; "weight" where it is the output's own; "bias".
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("word_output");
    if (projection_) projection_->visit(visitor, name / "projection");
    if (own_) {
      own_->visit(visitor, name);
    } else {
      visitor(name / "bias", tied_bias_);
    }
  }

  const WordOutputOptions& options() const { return options_; }

 private:
  static const WordOutputOptions& checked(const WordOutputOptions& options) {
    const auto& [hidden_size, embedding_size, vocabulary_size, projected, tied] = options;
    require<OptionError>(hidden_size >= 1 && vocabulary_size >= 1 && (embedding_size >= 1 || !(projected || tied)),
                         "word_output: cannot make ", vocabulary_size, " words of ", hidden_size, " numbers over ",
                         embedding_size, ", each must be at least 1");
    require<OptionError>(projected || !tied || hidden_size == embedding_size, "word_output: the embedding's rows of ",
                         embedding_size, " cannot be compared with ", hidden_size,
                         " numbers; project these, or let the output have weights of its own");
    return options;
  }

  /// How many numbers are compared with every word's.
  Index compared_size() const { return options_.projected ? options_.embedding_size : options_.hidden_size; }

  Tensor<T, 2> logits(const Tensor<T, 2>& compared, const Embedding<T>& embedding) const {
    if (own_) return own_->forward(compared);
    require_tied(embedding);
    return embedding.scores(compared, tied_bias_.value);
  }

  Tensor<T, 2> backward_tied(const Tensor<T, 2>& d_logits, Embedding<T>& embedding, const Context& context) {
    context.unread.require_forward("word_output");
    require_tied(embedding);
    auto d_compared = embedding.backward_scores(d_logits, context.compared);
    context.unread.end();
    kernels::add_column_sums(kernels::matrix(d_logits), tied_bias_.gradient.data());
    return d_compared;
  }

  void require_tied(const Embedding<T>& embedding) const {
    const Shape<2> expected{options_.vocabulary_size, options_.embedding_size};
    const Shape<2> found{embedding.options().num_embeddings, embedding.options().embedding_dim};
    require<ShapeError>(found == expected, "word_output: the embedding is ", found, ", the output was made to share ",
                        expected);
  }

  WordOutputOptions options_;
  std::optional<Dense<T>> projection_;
  Tanh<T> tanh_;
  std::optional<Dense<T>> own_;  // none where the weights are tied
  Parameter<T, 1> tied_bias_;    // [vocabulary_size], of tied weights
  MoveMark moved_;
};

}  // namespace pupil::captioning
