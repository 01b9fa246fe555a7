#pragma once
// Embedding: a learned row of numbers for every token. PyTorch's twin is nn.Embedding.
//
//   y_i = W[token_i]        dW[token_i] += dy_i, but for the padding token
//
// The same table can also say how well every token fits a row of numbers: `scores`.

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct EmbeddingOptions {
  Index num_embeddings = 0;  ///< how many tokens there are
  Index embedding_dim = 0;   ///< how many numbers each is given
  double standard_deviation = 1;
  std::optional<std::int32_t> padding_index = {};  ///< the token whose row begins as zeros and is not trained
};

/// Tokens [...] give [..., embedding_dim].
template <class T>
class Embedding {
 public:
  struct Context {
    Tensor<std::int32_t, 1> tokens;
    UnreadForward unread{};
  };

  /// Weights normal with mean 0. Throws OptionError where the table has no rows or no columns, or no row for the
  /// padding, and for a standard deviation below 0.
  Embedding(const EmbeddingOptions& options, Rng& rng) : options_(options) {
    require<OptionError>(options.num_embeddings >= 1 && options.embedding_dim >= 1,
                         "embedding: cannot make a table of ", options.num_embeddings, " x ", options.embedding_dim,
                         ", each must be at least 1");
    require<OptionError>(!options.padding_index || (padding() >= 0 && padding() < options.num_embeddings),
                         "embedding: the padding index ", padding(), " is not in the table of ",
                         options.num_embeddings);
    require<OptionError>(options.standard_deviation >= 0, "embedding: the standard deviation ",
                         options.standard_deviation, " is not a number from 0 on");
    weight_ = Parameter(Tensor<T, 2>({options.num_embeddings, options.embedding_dim}));
    fill_normal(weight_.value, static_cast<T>(options.standard_deviation), rng);
    if (options.padding_index) std::fill_n(weight_.value.row(padding()), options.embedding_dim, T{0});
  }

  /// Throws IndexError for a token outside [0, num_embeddings).
  template <std::size_t Rank>
  Tensor<T, Rank + 1> forward(const Tensor<std::int32_t, Rank>& tokens) const {
    check(tokens);
    Shape<Rank + 1> shape;
    std::copy(tokens.shape().begin(), tokens.shape().end(), shape.dims.begin());
    shape[Rank] = options_.embedding_dim;
    auto y = Tensor<T, Rank + 1>::uninitialized(shape);
    const Index grain = std::max<Index>(1, pointwise_grain / options_.embedding_dim);
    parallel_ranges(tokens.size(), grain, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) std::copy_n(weight_.value.row(tokens[i]), options_.embedding_dim, y.row(i));
    });
    return y;
  }

  template <std::size_t Rank>
  Tensor<T, Rank + 1> forward(Tensor<std::int32_t, Rank> tokens, Context& context) const {
    auto y = forward(std::as_const(tokens));
    context.unread.begin("embedding");
    const Shape<1> all{tokens.size()};
    context.tokens = std::move(tokens).reshaped(all);
    return y;
  }

  /// Adds to the gradient of the table; tokens have none. dy [..., embedding_dim]; throws ShapeError for another shape,
  /// IndexError for the context of a larger table.
  template <std::size_t Rank>
  void backward(const Tensor<T, Rank>& dy, const Context& context) {
    moved_.check("embedding");
    context.unread.require_forward("embedding");
    require<ShapeError>(dy.rows() == context.tokens.size() && dy.columns() == options_.embedding_dim,
                        "embedding: the gradient ", dy.shape(), " does not fit the output [", context.tokens.size(),
                        ", ", options_.embedding_dim, "]");
    check(context.tokens);
    context.unread.end();
    // Tokens repeat, columns do not: whoever has a column adds up its numbers for all tokens, in their order.
    parallel_ranges(options_.embedding_dim, columns_a_range, [&](Index begin, Index end) {
      using Row = Eigen::Array<T, 1, Eigen::Dynamic>;
      for (Index i = 0; i < context.tokens.size(); ++i) {
        if (context.tokens[i] == padding()) continue;
        T* const gradient = weight_.gradient.row(context.tokens[i]);
        Eigen::Map<Row>(gradient + begin, end - begin) += Eigen::Map<const Row>(dy.row(i) + begin, end - begin);
      }
    });
  }

  /// The table as an output layer, its rows compared with those of x: x W^T, from [rows, embedding_dim] to [rows,
  /// num_embeddings]. Press and Wolf, "Using the output embedding to improve language models", 2017.
  Tensor<T, 2> scores(const Tensor<T, 2>& x) const {
    check_compared(x.shape());
    auto y = Tensor<T, 2>::uninitialized({x.rows(), options_.num_embeddings});
    kernels::gemm(kernels::matrix(x), transposed_weight(), kernels::into(y));
    return y;
  }

  /// The same and a bias for every row of the table, [num_embeddings]: x W^T + b.
  Tensor<T, 2> scores(const Tensor<T, 2>& x, const Tensor<T, 1>& bias) const {
    check_compared(x.shape());
    require<ShapeError>(bias.size() == options_.num_embeddings, "embedding: the bias ", bias.shape(),
                        " does not fit a table of ", options_.num_embeddings);
    auto y = Tensor<T, 2>::uninitialized({x.rows(), options_.num_embeddings});
    if (packed_->serves(x.rows())) {
      packed_->multiply(kernels::matrix(x), transposed_weight(), kernels::into(y, bias));
    } else {
      kernels::gemm(kernels::matrix(x), transposed_weight(), kernels::into(y, bias));
    }
    return y;
  }

  /// dx of scores(x), with a bias or without; adds to the gradient of the table.
  Tensor<T, 2> backward_scores(const Tensor<T, 2>& d_scores, const Tensor<T, 2>& x) {
    check_compared(x.shape());
    require<ShapeError>(d_scores.rows() == x.rows() && d_scores.columns() == options_.num_embeddings,
                        "embedding: the gradient ", d_scores.shape(), " does not fit the scores of ", x.shape(),
                        " with ", options_.num_embeddings, " rows");
    auto dx = Tensor<T, 2>::uninitialized(x.shape());
    kernels::gemm(kernels::matrix(d_scores), kernels::matrix(weight_.value), kernels::into(dx));
    kernels::gemm(kernels::transposed(kernels::matrix(d_scores)), kernels::matrix(x),
                  kernels::added_to(weight_.gradient));
    return dx;
  }

  template <std::size_t Rank>
  Shape<Rank + 1> output_shape(const Shape<Rank>& tokens) const {
    moved_.check("embedding");
    Shape<Rank + 1> y;
    std::copy(tokens.begin(), tokens.end(), y.dims.begin());
    y[Rank] = options_.embedding_dim;
    return y;
  }

  /// Rows are looked up, not multiplied.
  template <std::size_t Rank>
  Index multiply_adds(const Shape<Rank>&) const {
    return 0;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("embedding");
    visitor(name / "weight", weight_);
    if constexpr (detail::prepares_weights<Visitor>) packed_ = kernels::PackedWeights<T>(transposed_weight());
  }

  const EmbeddingOptions& options() const { return options_; }

 private:
  static constexpr Index columns_a_range = 64;
  static constexpr std::int32_t no_token = std::numeric_limits<std::int32_t>::min();

  kernels::Transposed<T> transposed_weight() const { return kernels::transposed(kernels::matrix(weight_.value)); }

  std::int32_t padding() const { return options_.padding_index.value_or(no_token); }

  void check_compared(const Shape<2>& x) const {
    moved_.check("embedding");
    require<ShapeError>(x[1] == options_.embedding_dim, "embedding: cannot compare ", x, " with rows of ",
                        options_.embedding_dim);
  }

  template <std::size_t Rank>
  void check(const Tensor<std::int32_t, Rank>& tokens) const {
    moved_.check("embedding");
    const auto* const wrong = std::find_if(tokens.begin(), tokens.end(), [&](std::int32_t token) {
      return token < 0 || token >= options_.num_embeddings;
    });
    if (wrong != tokens.end()) {
      throw IndexError(message("embedding: token ", *wrong, " at position ", position(wrong - tokens.begin(), tokens),
                               " is not in the table of ", options_.num_embeddings, " (tokens ", tokens.shape(), ")"));
    }
  }

  /// Where in the tensor element i is: one index a dimension.
  template <std::size_t Rank>
  static Shape<Rank> position(Index i, const Tensor<std::int32_t, Rank>& tokens) {
    Shape<Rank> indices;
    for (std::size_t d = Rank; d-- > 0;) {
      indices[d] = i % tokens.dim(d);
      i /= tokens.dim(d);
    }
    return indices;
  }

  EmbeddingOptions options_;
  Parameter<T, 2> weight_;                                  // [num_embeddings, embedding_dim]
  detail::PreparedForm<kernels::PackedWeights<T>> packed_;  // for the scores of few rows
  MoveMark moved_;
};

}  // namespace pupil
