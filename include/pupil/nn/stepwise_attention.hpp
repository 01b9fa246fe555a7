#pragma once
// StepwiseAttention: the additive attention of nn/additive_attention.hpp for decoders that look at the same items at
// every step. Many queries may look at one item, as the captions of an image at its grid: keys are projected once an
// item, and neither keys nor values are copied.
//
//   score_p = v . tanh(W_k value_p + W_q q + b)        w = softmax(score)        y = sum over p of w_p value_p
//
//   auto keys = attention.project_keys(values);
//   attention.begin(rows, positions, context);
//   for each step: attention.step(...);                      // some of the rows
//   auto gradients = attention.begin_backward(context, keys.shape());
//   for each step: attention.step_backward(...);             // adds to the gradients of the queries, and of the keys
//   attention.end_backward(...);                             // all weights' gradients, one product each

#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/attention/additive_attention.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/kernels/gemm/rows_by_item.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/kernels/recurrent/step_product.hpp>
#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>

namespace pupil {

/// Parameters have the names of AdditiveAttention's. Checks no shapes: the decoders that are made of it do.
template <class T>
class StepwiseAttention {
 public:
  struct Context {
    Tensor<T, 2> queries;  ///< projected, [rows, attention_size]
    Tensor<T, 2> weights;  ///< [rows, positions]
    kernels::StepProduct<T> query_product;
  };

  /// What is kept for the weights, until the last step is undone.
  struct Gradients {
    Tensor<T, 3> keys;      ///< [items, positions, attention_size]
    Tensor<T, 2> queries;   ///< [rows, attention_size], projected
    Tensor<T, 2> v;         ///< [rows, attention_size]
    Tensor<T, 2> scores;    ///< [rows, positions]: comes with what else the weights' gradients are
    Tensor<T, 2> own_keys;  ///< [rows, attention_size], where rows have a position of their own
    kernels::StepProduct<T> query_product;
  };

  StepwiseAttention(const AdditiveAttentionOptions& options, Rng& rng) : options_(options) {
    const auto& [query_size, key_size, attention_size] = options;
    require<OptionError>(query_size >= 1 && key_size >= 1 && attention_size >= 1,
                         "stepwise_attention: cannot compare queries of ", query_size, " features with keys of ",
                         key_size, " over ", attention_size, ", each must be at least 1");
    key_weight_ = Parameter(Tensor<T, 2>({attention_size, key_size}));
    query_weight_ = Parameter(Tensor<T, 2>({attention_size, query_size}));
    query_bias_ = Parameter(Tensor<T, 1>({attention_size}));
    score_ = Parameter(Tensor<T, 2>({1, attention_size}));
    fill_by_fan_in(key_weight_.value, key_size, rng);
    fill_by_fan_in(query_weight_.value, query_size, rng);
    fill_by_fan_in(query_bias_.value, query_size, rng);
    fill_by_fan_in(score_.value, attention_size, rng);
  }

  /// Values [items, positions, key_size] give keys [items, positions, attention_size].
  Tensor<T, 3> project_keys(const Tensor<T, 3>& values) const {
    auto keys = Tensor<T, 3>::uninitialized({values.dim(0), values.dim(1), options_.attention_size});
    kernels::gemm(kernels::matrix(values), kernels::transposed(kernels::matrix(key_weight_.value)),
                  kernels::into(keys));
    return keys;
  }

  /// `positions` counts those that rows have of their own.
  void begin(Index rows, Index positions, Context& context) const {
    context.queries = Tensor<T, 2>::uninitialized({rows, options_.attention_size});
    context.weights = Tensor<T, 2>::uninitialized({rows, positions});
    context.query_product = kernels::StepProduct<T>(kernels::transposed(kernels::matrix(query_weight_.value)));
  }

  /// Rows `first_row` and on look at items: one row each of `queries` [count, query_size] and of the outputs. What is
  /// said of queries in `attended` is said of these rows.
  void step(Index first_row, const kernels::RowMajor<T>& queries, const kernels::AttendedItems<T>& attended,
            Context& context, const kernels::Destination<T>& outputs) const {
    const Index size = options_.attention_size;
    T* const projected = context.queries.row(first_row);
    context.query_product(queries, {projected, size, false, query_bias_.value.data()});
    kernels::attend(score_.value.data(), {projected, queries.rows, size, size}, attended,
                    context.weights.row(first_row), outputs);
  }

  /// `has_own` says whether rows have a position of their own.
  Gradients begin_backward(const Context& context, const Shape<3>& keys, bool has_own = false) const {
    return {Tensor<T, 3>(keys),
            Tensor<T, 2>(context.queries.shape()),
            Tensor<T, 2>(context.queries.shape()),
            Tensor<T, 2>(context.weights.shape()),
            has_own ? Tensor<T, 2>(context.queries.shape()) : Tensor<T, 2>(),
            kernels::StepProduct<T>(kernels::matrix(query_weight_.value))};
  }

  /// Undoes a step: from the gradients of the outputs makes those of everything but the values, for which see
  /// kernels::attention_values_backward. Adds to those of the queries. `rows_of_items` has the rows of each item,
  /// counted from `first_row`.
  void step_backward(Index first_row, const kernels::RowMajor<T>& d_outputs, const kernels::AttendedItems<T>& attended,
                     const kernels::RowsByItem& rows_of_items, const Context& context, Gradients& gradients,
                     const kernels::Destination<T>& d_queries) const {
    const Index size = options_.attention_size;
    T* const d_scores = gradients.scores.row(first_row);
    T* const d_projected = gradients.queries.row(first_row);
    kernels::attention_scores_backward(attended, context.weights.row(first_row), d_outputs, d_scores);
    kernels::attention_keys_backward(score_.value.data(), {context.queries.row(first_row), d_outputs.rows, size, size},
                                     attended, rows_of_items, d_scores,
                                     {gradients.keys.data(), d_projected, gradients.v.row(first_row),
                                      gradients.own_keys.empty() ? nullptr : gradients.own_keys.row(first_row)});
    gradients.query_product({d_projected, d_outputs.rows, size, size}, {d_queries.data, d_queries.stride, true});
  }

  /// Adds to the parameters' gradients. `queries` are those of all rows, whatever kind of operand. Where `d_values` is
  /// not empty, what the keys ask of the values is added to it.
  template <class Queries>
  void end_backward(const Queries& queries, const Tensor<T, 3>& values, const Gradients& gradients,
                    Tensor<T, 3>& d_values) {
    const auto d_queries = kernels::matrix(gradients.queries);
    const auto d_keys = kernels::matrix(gradients.keys);
    kernels::gemm(kernels::transposed(d_queries), queries, kernels::added_to(query_weight_.gradient));
    kernels::add_column_sums(d_queries, query_bias_.gradient.data());
    kernels::add_column_sums(kernels::matrix(gradients.v), score_.gradient.data());
    kernels::gemm(kernels::transposed(d_keys), kernels::matrix(values), kernels::added_to(key_weight_.gradient));
    if (!d_values.empty()) {
      kernels::gemm(d_keys, kernels::matrix(key_weight_.value), kernels::added_to(d_values));
    }
  }

  /// One step of some rows in inference: as `step`, with weights [count, positions].
  void look(const Tensor<T, 2>& queries, const kernels::AttendedItems<T>& attended, Tensor<T, 2>& weights,
            const kernels::Destination<T>& outputs) const {
    auto projected = Tensor<T, 2>::uninitialized({queries.rows(), options_.attention_size});
    kernels::multiply_step(kernels::matrix(queries), kernels::transposed(kernels::matrix(query_weight_.value)),
                           *packed_query_, kernels::into(projected, query_bias_.value));
    weights = Tensor<T, 2>::uninitialized({queries.rows(), attended.weights()});
    kernels::attend(score_.value.data(), kernels::matrix(projected), attended, weights.data(), outputs);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "key" / "weight", key_weight_);
    visitor(name / "query" / "weight", query_weight_);
    visitor(name / "query" / "bias", query_bias_);
    visitor(name / "score" / "weight", score_);
    if constexpr (detail::prepares_weights<Visitor>) {
      packed_query_ = kernels::PackedWeights<T>(kernels::transposed(kernels::matrix(query_weight_.value)));
    }
  }

 private:
  AdditiveAttentionOptions options_;
  Parameter<T, 2> key_weight_;    // [attention_size, key_size]
  Parameter<T, 2> query_weight_;  // [attention_size, query_size]
  Parameter<T, 1> query_bias_;
  Parameter<T, 2> score_;  // [1, attention_size]: v
  detail::PreparedForm<kernels::PackedWeights<T>> packed_query_;
};

}  // namespace pupil
