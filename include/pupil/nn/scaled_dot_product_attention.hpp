#pragma once
// ScaledDotProductAttention: every query takes a mean of the values, weighted by how well it agrees with their keys.
// Vaswani et al., "Attention is all you need", 2017. PyTorch's twin is functional.scaled_dot_product_attention.
//
//   W = softmax(Q K^T / sqrt(d))        Y = W V                               for each item of the batch
//   dV = W^T dY     dW = dY V^T     dS = W (dW - rows' sums of W dW) / sqrt(d)     dQ = dS K     dK = dS^T Q
//
// Everything lies sequence by sequence, [batch, time, features]; kernels::swap_time_and_batch makes that of what a
// recurrent layer gives, [time, batch, features].

#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/attention/dot_product_attention.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// What goes into attention, or the gradient of it. For self-attention all three are the same numbers, and the gradient
/// of these is the sum of the three.
template <class T>
struct AttentionInput {
  Tensor<T, 3> queries;  ///< [batch, query_time, features]
  Tensor<T, 3> keys;     ///< [batch, key_time, features]
  Tensor<T, 3> values;   ///< [batch, key_time, value_features]
};

/// Has no parameters.
template <class T>
class ScaledDotProductAttention {
 public:
  struct Context {
    AttentionInput<T> input;
    Tensor<T, 3> weights;  ///< [batch, query_time, key_time]: W
    UnreadForward unread{};
  };

  /// [batch, query_time, value_features]. A mask says where a query may look: [batch, key_time] for all queries of an
  /// item, as `positions_within` makes it of lengths, or [batch, query_time, key_time]; without one, everywhere. A
  /// query that may look nowhere gets zeros, and gives no gradient. Keys and values behind the mask have the weight 0
  /// but are multiplied by it, so they must be finite. Throws ShapeError where the shapes do not fit.
  template <std::size_t MaskRank = 2>
  Tensor<T, 3> forward(const AttentionInput<T>& input, const Tensor<bool, MaskRank>& mask = {}) const {
    check(input, mask);
    return attend(input, weights_of(input, mask));
  }

  template <std::size_t MaskRank = 2>
  Tensor<T, 3> forward(AttentionInput<T> input, const Tensor<bool, MaskRank>& mask, Context& context) const {
    check(input, mask);
    context.unread.begin("scaled_dot_product_attention");
    context.input = {};  // gives its memory back before more is taken
    context.weights = {};
    context.weights = weights_of(input, mask);
    context.input = std::move(input);
    return attend(context.input, context.weights);
  }

  Tensor<T, 3> forward(AttentionInput<T> input, Context& context) const {
    return forward(std::move(input), Tensor<bool, 2>(), context);
  }

  /// Throws ShapeError where dy is not [batch, query_time, value_features].
  AttentionInput<T> backward(const Tensor<T, 3>& dy, const Context& context) const {
    context.unread.require_forward("scaled_dot_product_attention");
    const Tensor<T, 3>& queries = context.input.queries;
    const Tensor<T, 3>& keys = context.input.keys;
    const Tensor<T, 3>& values = context.input.values;
    const Shape<3> expected{queries.dim(0), queries.dim(1), values.dim(2)};
    require<ShapeError>(dy.shape() == expected, "scaled_dot_product_attention: the gradient ", dy.shape(),
                        " does not fit the output ", expected);
    context.unread.end();
    AttentionInput<T> dx{Tensor<T, 3>::uninitialized(queries.shape()), Tensor<T, 3>::uninitialized(keys.shape()),
                         Tensor<T, 3>::uninitialized(values.shape())};
    auto d_scores = Tensor<T, 3>::uninitialized(context.weights.shape());
    parallel_for(queries.dim(0), [&](Index n) {
      kernels::gemm(kernels::transposed(item(context.weights, n)), item(dy, n), item_of(dx.values, n));
      kernels::gemm(item(dy, n), kernels::transposed(item(values, n)), item_of(d_scores, n));
      kernels::dot_product_weights_backward(item(queries, n), item(keys, n), context.weights.row(n * queries.dim(1)),
                                            d_scores.row(n * queries.dim(1)), item_of(dx.queries, n),
                                            item_of(dx.keys, n));
    });
    return dx;
  }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

 private:
  /// One sequence of the batch as a matrix to read, and to write.
  static kernels::RowMajor<T> item(const Tensor<T, 3>& tensor, Index n) {
    return {tensor.row(n * tensor.dim(1)), tensor.dim(1), tensor.columns(), tensor.columns()};
  }
  static kernels::Destination<T> item_of(Tensor<T, 3>& tensor, Index n) {
    return {tensor.row(n * tensor.dim(1)), tensor.columns()};
  }

  template <std::size_t MaskRank>
  static Tensor<T, 3> weights_of(const AttentionInput<T>& input, const Tensor<bool, MaskRank>& mask) {
    const Tensor<T, 3>& queries = input.queries;
    const Tensor<T, 3>& keys = input.keys;
    const Shape<3> shape{queries.dim(0), queries.dim(1), keys.dim(1)};
    auto weights = Tensor<T, 3>::uninitialized(shape);
    parallel_for(shape[0], [&](Index n) {
      const auto mask_of = [&](Index q) -> const bool* {
        return mask.empty() ? nullptr : mask.row(MaskRank == 2 ? n : n * shape[1] + q);
      };
      kernels::dot_product_weights(item(queries, n), item(keys, n), mask_of, weights.row(n * shape[1]));
    });
    return weights;
  }

  static Tensor<T, 3> attend(const AttentionInput<T>& input, const Tensor<T, 3>& weights) {
    auto y = Tensor<T, 3>::uninitialized({weights.dim(0), weights.dim(1), input.values.columns()});
    parallel_for(weights.dim(0),
                 [&](Index n) { kernels::gemm(item(weights, n), item(input.values, n), item_of(y, n)); });
    return y;
  }

  template <std::size_t MaskRank>
  static void check(const AttentionInput<T>& input, const Tensor<bool, MaskRank>& mask) {
    static_assert(MaskRank == 2 || MaskRank == 3, "a mask is [batch, key_time] or [batch, query_time, key_time]");
    const auto& [queries, keys, values] = input;
    require<ShapeError>(queries.columns() >= 1, "scaled_dot_product_attention: the queries ", queries.shape(),
                        " have no features");
    require<ShapeError>(keys.dim(1) >= 1, "scaled_dot_product_attention: the keys ", keys.shape(), " have no position");
    require<ShapeError>(keys.dim(0) == queries.dim(0) && keys.dim(2) == queries.dim(2),
                        "scaled_dot_product_attention: the keys ", keys.shape(), " do not fit the queries ",
                        queries.shape());
    require<ShapeError>(values.dim(0) == keys.dim(0) && values.dim(1) == keys.dim(1),
                        "scaled_dot_product_attention: the values ", values.shape(), " do not fit the keys ",
                        keys.shape());
    const Shape<3> weights{queries.dim(0), queries.dim(1), keys.dim(1)};
    if (mask.shape() != Shape<MaskRank>{}) check_mask(mask.shape(), weights);
  }

  template <std::size_t MaskRank>
  static void check_mask(const Shape<MaskRank>& mask, const Shape<3>& weights) {
    Shape<MaskRank> expected;
    expected[0] = weights[0];
    if constexpr (MaskRank == 3) expected[1] = weights[1];
    expected[MaskRank - 1] = weights[2];
    require<ShapeError>(mask == expected, "scaled_dot_product_attention: the mask ", mask, " is not ", expected);
  }
};

}  // namespace pupil
