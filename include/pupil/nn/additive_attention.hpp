#pragma once
// AdditiveAttention: a decoder's state looks at the positions of a sequence or of an image, and takes a mean of what is
// there. Bahdanau, Cho, Bengio, "Neural machine translation by jointly learning to align and translate", 2014.
//
//   score_p = v . tanh(W_k k_p + W_q q + b)        w = softmax(score)        y = sum over p of w_p value_p
//
//   dw_p = dy . value_p + what comes back to w        ds = w (dw - sum of w dw)        dvalue_p += w_p dy
//
// and kernels/attention/additive_score.hpp has the rest. W_k k_p is the same at every step of a decoder, so it is a
// call of its own, once a sequence. What is a decoder's way there and back:
//
//   auto projected = attention.project_keys(keys, keys_context);
//   auto [y, weights] = attention.forward(query, projected, values, mask, context);  // a context each step
//   auto d_query = attention.backward({dy}, projected, values, context, d_projected, d_values);  // adds to both
//   auto d_keys = attention.backward_keys(d_projected, keys_context);
//
// Where several queries look at the same item, as captions at their image, `items` says which item each looks at: its
// keys are projected once, and nothing is copied.
//
// A step keeps its weights and W_q q + b; the tanh of all positions is computed again on the way back, which costs less
// than to keep it for every step.

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/attention/additive_attention.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/rows_by_item.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct AdditiveAttentionOptions {
  Index query_size = 0;
  Index key_size = 0;
  Index attention_size = 0;  ///< how long v is
};

/// What an AdditiveAttention gives at one step, or the gradient of it, in which empty weights stand for zeros.
template <class T>
struct AdditiveAttentionOutput {
  Tensor<T, 2> output{};   ///< [batch, value_size]
  Tensor<T, 2> weights{};  ///< [batch, positions]
};

/// One query an item of the batch; keys and values lie item by item, [batch, positions, features], as the pixels of an
/// image do. kernels::swap_time_and_batch makes that of what a recurrent layer gives.
template <class T>
class AdditiveAttention {
 public:
  using KeysContext = typename Dense<T>::Context;

  struct Context {
    typename Dense<T>::Context query;
    Tensor<T, 2> projected_query;  ///< [batch, attention_size]
    Tensor<T, 2> weights;          ///< [batch, positions]
    Tensor<Index, 1> items;        ///< the item of each query
    Index item_count = 0;
    Tensor<bool, 2> mask;
  };

  /// All parameters begin as those of Dense layers. Throws OptionError where a size is below 1.
  AdditiveAttention(const AdditiveAttentionOptions& options, Rng& rng)
      : options_(checked(options)),
        key_({.in_features = options.key_size, .out_features = options.attention_size, .bias = false}, rng),
        query_({.in_features = options.query_size, .out_features = options.attention_size}, rng),
        score_(Tensor<T, 2>({1, options.attention_size})) {
    fill_by_fan_in(score_.value, options.attention_size, rng);
  }

  /// keys [batch, positions, key_size] give [batch, positions, attention_size].
  Tensor<T, 3> project_keys(const Tensor<T, 3>& keys) const { return key_.forward(keys); }
  /// The same in training.
  Tensor<T, 3> project_keys(Tensor<T, 3> keys, KeysContext& context) { return key_.forward(std::move(keys), context); }

  /// The gradient of the keys, from that of the projected ones, which all steps have added to. That of padding is 0,
  /// but is multiplied by the keys there, so they must be finite.
  Tensor<T, 3> backward_keys(const Tensor<T, 3>& d_projected, const KeysContext& context) {
    return key_.backward(d_projected, context);
  }

  /// queries [batch, query_size], values [batch, positions, value_size] of any value_size. The mask [batch, positions]
  /// says which positions are there, as `positions_within` makes it of lengths; the others have the weight 0, and what
  /// stands there in projected keys and values is never read. An item without positions gets zeros. No mask: all are
  /// there.
  ///
  /// With `items`, of which there is one a query, query r looks at keys, values and mask of item `items[r]`; there may
  /// be more queries than items, or fewer. Throws ShapeError where the shapes do not fit, and IndexError for an item
  /// that there is not.
  AdditiveAttentionOutput<T> forward(const Tensor<T, 2>& queries, const Tensor<T, 3>& projected_keys,
                                     const Tensor<T, 3>& values, const Tensor<bool, 2>& mask = {},
                                     std::span<const Index> items = {}) const {
    check(queries.rows(), projected_keys, values, mask, items);
    return attend(query_.forward(queries), projected_keys, values, mask, item_of_query(queries.rows(), items));
  }

  AdditiveAttentionOutput<T> forward(Tensor<T, 2> queries, const Tensor<T, 3>& projected_keys,
                                     const Tensor<T, 3>& values, const Tensor<bool, 2>& mask, Context& context,
                                     std::span<const Index> items = {}) {
    check(queries.rows(), projected_keys, values, mask, items);
    const detail::EmptiedByException emptied(context);
    context.items = item_of_query(queries.rows(), items);
    context.item_count = values.dim(0);
    context.mask = mask;
    context.projected_query = query_.forward(std::move(queries), context.query);
    auto y = attend(context.projected_query, projected_keys, values, mask, context.items);
    context.weights = y.weights;
    return y;
  }

  /// The gradient of the queries, from that of a step's output, and of its weights where a loss is made of them. Keys
  /// and values are those of forward; their gradients are added to `d_projected_keys` and `d_values`, which begin as
  /// zeros. Throws ShapeError where a gradient does not fit, or keys and values are not those of forward.
  Tensor<T, 2> backward(const AdditiveAttentionOutput<T>& dy, const Tensor<T, 3>& projected_keys,
                        const Tensor<T, 3>& values, const Context& context, Tensor<T, 3>& d_projected_keys,
                        Tensor<T, 3>& d_values) {
    check_gradients(dy, projected_keys, values, context, d_projected_keys, d_values);
    const auto attended = attended_items(projected_keys, values, context.mask, context.items);
    const kernels::RowsByItem queries_of_items(context.items, values.dim(0));
    const auto projected_query = kernels::matrix(context.projected_query);
    Tensor<T, 2> d_queries(context.projected_query.shape());
    Tensor<T, 2> d_score(context.projected_query.shape());  // each query's part of dv
    Tensor<T, 2> d_scores = dy.weights.empty() ? Tensor<T, 2>(context.weights.shape()) : dy.weights;
    kernels::attention_scores_backward(attended, context.weights.data(), kernels::matrix(dy.output), d_scores.data());
    kernels::attention_keys_backward(score_.value.data(), projected_query, attended, queries_of_items, d_scores.data(),
                                     {d_projected_keys.data(), d_queries.data(), d_score.data()});
    kernels::attention_values_backward(kernels::matrix(context.weights), kernels::matrix(dy.output), queries_of_items,
                                       d_values);
    kernels::add_column_sums(kernels::matrix(d_score), score_.gradient.data());
    return query_.backward(d_queries, context.query);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("additive_attention");
    key_.visit(visitor, name / "key");
    query_.visit(visitor, name / "query");
    visitor(name / "score" / "weight", score_);
  }

  const AdditiveAttentionOptions& options() const { return options_; }

 private:
  static const AdditiveAttentionOptions& checked(const AdditiveAttentionOptions& options) {
    const auto& [query_size, key_size, attention_size] = options;
    require<OptionError>(query_size >= 1 && key_size >= 1 && attention_size >= 1,
                         "additive_attention: cannot compare queries of ", query_size, " features with keys of ",
                         key_size, " over ", attention_size, ", each must be at least 1");
    return options;
  }

  static kernels::AttendedItems<T> attended_items(const Tensor<T, 3>& keys, const Tensor<T, 3>& values,
                                                  const Tensor<bool, 2>& mask, const Tensor<Index, 1>& items) {
    return {keys, values, items.data(), nullptr, nullptr, mask.empty() ? nullptr : mask.data()};
  }

  /// Without items, query r looks at item r.
  static Tensor<Index, 1> item_of_query(Index queries, std::span<const Index> items) {
    auto item = Tensor<Index, 1>::uninitialized({queries});
    if (items.empty()) {
      std::iota(item.begin(), item.end(), Index{0});
    } else {
      std::copy(items.begin(), items.end(), item.begin());
    }
    return item;
  }

  AdditiveAttentionOutput<T> attend(const Tensor<T, 2>& projected_query, const Tensor<T, 3>& projected_keys,
                                    const Tensor<T, 3>& values, const Tensor<bool, 2>& mask,
                                    const Tensor<Index, 1>& items) const {
    AdditiveAttentionOutput<T> y{Tensor<T, 2>::uninitialized({items.size(), values.columns()}),
                                 Tensor<T, 2>::uninitialized({items.size(), values.dim(1)})};
    kernels::attend(score_.value.data(), kernels::matrix(projected_query),
                    attended_items(projected_keys, values, mask, items), y.weights.data(), kernels::into(y.output));
    return y;
  }

  void check(Index queries, const Tensor<T, 3>& projected_keys, const Tensor<T, 3>& values, const Tensor<bool, 2>& mask,
             std::span<const Index> items) const {
    moved_.check("additive_attention");
    const Index count = items.empty() ? queries : values.dim(0);
    const Shape<3> expected{count, values.dim(1), options_.attention_size};
    require<ShapeError>(projected_keys.shape() == expected, "additive_attention: the projected keys ",
                        projected_keys.shape(), " are not ", expected, " (", queries, " queries, values ",
                        values.shape(), ")");
    require<ShapeError>(values.dim(0) == count, "additive_attention: the values ", values.shape(), " do not fit ",
                        queries, " queries");
    require<ShapeError>(values.dim(1) >= 1, "additive_attention: the values ", values.shape(), " have no position");
    const Shape<2> places{count, values.dim(1)};
    require<ShapeError>(mask.shape() == Shape<2>{} || mask.shape() == places, "additive_attention: the mask ",
                        mask.shape(), " is not ", places);
    require<ShapeError>(items.empty() || static_cast<Index>(items.size()) == queries,
                        "additive_attention: ", items.size(), " items for ", queries, " queries");
    for (const Index item : items) {
      require<IndexError>(item >= 0 && item < count, "additive_attention: there is no item ", item, ", there are ",
                          count);
    }
  }

  void check_gradients(const AdditiveAttentionOutput<T>& dy, const Tensor<T, 3>& projected_keys,
                       const Tensor<T, 3>& values, const Context& context, const Tensor<T, 3>& d_projected_keys,
                       const Tensor<T, 3>& d_values) const {
    moved_.check("additive_attention");
    context.query.unread.require_forward("additive_attention");
    const Shape<3> keys{context.item_count, context.weights.dim(1), context.projected_query.columns()};
    require<ShapeError>(keys[2] == options_.attention_size, "additive_attention: the context's attention_size is ",
                        keys[2], ", not ", options_.attention_size);
    require<ShapeError>(projected_keys.shape() == keys, "additive_attention: the projected keys ",
                        projected_keys.shape(), " are not ", keys, ", as in forward");
    require<ShapeError>(values.dim(0) == keys[0] && values.dim(1) == keys[1], "additive_attention: the values ",
                        values.shape(), " do not fit the weights ", context.weights.shape());
    const Shape<2> output{context.weights.dim(0), values.dim(2)};
    require<ShapeError>(dy.output.shape() == output, "additive_attention: the gradient ", dy.output.shape(),
                        " does not fit the output ", output);
    require<ShapeError>(dy.weights.empty() || dy.weights.shape() == context.weights.shape(),
                        "additive_attention: the gradient ", dy.weights.shape(), " does not fit the weights ",
                        context.weights.shape());
    require<ShapeError>(d_projected_keys.shape() == projected_keys.shape(), "additive_attention: the gradient ",
                        d_projected_keys.shape(), " does not fit the projected keys ", projected_keys.shape());
    require<ShapeError>(d_values.shape() == values.shape(), "additive_attention: the gradient ", d_values.shape(),
                        " does not fit the values ", values.shape());
  }

  AdditiveAttentionOptions options_;
  Dense<T> key_;
  Dense<T> query_;
  Parameter<T, 2> score_;  // [1, attention_size]: v
  MoveMark moved_;
};

}  // namespace pupil
