#pragma once
// MultiHeadAttention: several attentions side by side, each over projections of its own. Vaswani et al., "Attention is
// all you need", 2017. PyTorch's twin is nn.MultiheadAttention, without its bias_kv and zero_attn.
//
//   Q = queries W_q^T + b_q      K = keys W_k^T + b_k      V = values W_v^T + b_v
//   W_h = softmax(Q_h K_h^T / sqrt(d))      A = [W_1 V_1, W_2 V_2, ...]      y = A W_o^T + b_o
//
// where a head h has d columns of each of Q, K and V.
//
//   dA = dy W_o        dV_h = W_h^T dA_h        dW_h = dA_h V_h^T        dQ_h, dK_h: kernels/attention
//   dqueries = dQ W_q        dW_q += dQ^T queries        db_q += sum of dQ's rows        and so of keys and values
//
// In training, dropout takes some of the weights W_h away. In self-attention the three inputs are one, and one product
// makes Q, K and V of all heads. Heads are never copied: they are columns of these.
//
//   auto y = attention.forward(x, masks, context);
//   auto dx = attention.backward_self(dy, context);
//
//   auto y = attention.forward({queries, keys, values}, masks, context);
//   auto d = attention.backward(dy, context);
//
// Parameters have PyTorch's names: in_proj_weight (W_q above W_k above W_v) or, where keys or values have another
// number of features, q_proj_weight, k_proj_weight and v_proj_weight; in_proj_bias; out_proj.weight and out_proj.bias.

#include <array>
#include <optional>
#include <utility>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/attention/dot_product_attention.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct MultiHeadAttentionOptions {
  Index embed_dim = 0;  ///< of queries and of what comes out
  Index num_heads = 1;  ///< embed_dim is a multiple of it
  double dropout = 0;   ///< probability of a weight to be dropped, in training
  bool bias = true;
  std::optional<Index> kdim = {};  ///< features of keys; embed_dim where it is not given
  std::optional<Index> vdim = {};  ///< features of values, as kdim
  bool batch_first = false;        ///< sequences are [batch, time, features], not [time, batch, features]
  bool causal = false;             ///< query t looks at keys 0 to t alone
};

/// Where queries may look: true is yes, as in all of pupil, and the other way round than in PyTorch. Empty: everywhere.
/// A query looks where both masks and `causal` let it.
struct AttentionMasks {
  Tensor<bool, 2> keys = {};   ///< [batch, key_time]: which keys are there, as `positions_within` makes it of lengths
  Tensor<bool, 2> pairs = {};  ///< [query_time, key_time]: which query may look at which key, in all sequences
};

/// Queries [query_time, batch, embed_dim], keys [key_time, batch, kdim] and values [key_time, batch, vdim] give
/// [query_time, batch, embed_dim].
template <class T>
class MultiHeadAttention {
 public:
  struct Context {
    AttentionInput<T> input;  ///< of self-attention the queries alone
    bool is_self = false;
    std::array<Tensor<T, 2>, 3> projected;  ///< Q, K, V; of self-attention all side by side in the first
    Tensor<T, 4> weights;                   ///< [batch, num_heads, query_time, key_time], before dropout
    typename Dropout<T>::Context dropout;
    typename Dense<T>::Context out_proj;
    UnreadForward unread{};
  };

  /// As PyTorch: projections by Xavier's uniform numbers, the last one as Dense, all biases 0. Forks a generator of its
  /// own where there is dropout. Throws OptionError where embed_dim is no multiple of num_heads, a size is below 1, or
  /// the dropout is outside [0, 1).
  MultiHeadAttention(const MultiHeadAttentionOptions& options, Rng& rng)
      : options_(checked(options)),
        out_proj_({.in_features = options.embed_dim, .out_features = options.embed_dim, .bias = options.bias}, rng) {
    if (has_one_weight()) {
      begin_weight(in_proj_weight_, {3 * options.embed_dim, options.embed_dim}, rng);
    } else {
      for (std::size_t part = 0; part < 3; ++part) {
        begin_weight(proj_weights_[part], {options.embed_dim, features_of(part)}, rng);
      }
    }
    if (options.bias) {
      in_proj_bias_ = Parameter(Tensor<T, 1>({3 * options.embed_dim}));
      for_each_parameter(out_proj_, [](const Name& name, auto& parameter) {
        if (name == "bias") parameter.value.fill(0);
      });
    }
    if (options.dropout != 0) dropout_.emplace(DropoutOptions{.probability = options.dropout}, rng);
  }

  /// A query that may look nowhere gets out_proj's bias alone, not NaN. Keys and values behind a mask have the weight 0
  /// but are multiplied by it, so they must be finite. Throws ShapeError where the shapes do not fit.
  Tensor<T, 3> forward(const AttentionInput<T>& input, const AttentionMasks& masks = {}) const {
    check(input, masks);
    const Sizes sizes = sizes_of(input.queries.shape(), input.keys.shape());
    const Projections projected = project(input);
    return out_proj_.forward(attend(projected, weights_of(projected, sizes, masks), sizes));
  }

  /// Self-attention: x is queries, keys and values.
  Tensor<T, 3> forward(const Tensor<T, 3>& x, const AttentionMasks& masks = {}) const {
    check_self(x.shape(), masks);
    const Sizes sizes = sizes_of(x.shape(), x.shape());
    const Projections projected = project_self(x);
    return out_proj_.forward(attend(projected, weights_of(projected, sizes, masks), sizes));
  }

  Tensor<T, 3> forward(AttentionInput<T> input, const AttentionMasks& masks, Context& context) {
    check(input, masks);
    const Sizes sizes = sizes_of(input.queries.shape(), input.keys.shape());
    const detail::EmptiedByException emptied(context);
    begin(context, false);
    context.projected = project(input);
    context.input = std::move(input);
    return train(context, sizes, masks);
  }
  Tensor<T, 3> forward(AttentionInput<T> input, Context& context) {
    return forward(std::move(input), AttentionMasks{}, context);
  }

  Tensor<T, 3> forward(Tensor<T, 3> x, const AttentionMasks& masks, Context& context) {
    check_self(x.shape(), masks);
    const Sizes sizes = sizes_of(x.shape(), x.shape());
    const detail::EmptiedByException emptied(context);
    begin(context, true);
    context.projected = project_self(x);
    context.input.queries = std::move(x);
    return train(context, sizes, masks);
  }
  Tensor<T, 3> forward(Tensor<T, 3> x, Context& context) { return forward(std::move(x), AttentionMasks{}, context); }

  /// The weights alone, to look at: [batch, num_heads, query_time, key_time], as in inference.
  Tensor<T, 4> weights(const AttentionInput<T>& input, const AttentionMasks& masks = {}) const {
    check(input, masks);
    return weights_of(project(input), sizes_of(input.queries.shape(), input.keys.shape()), masks);
  }

  /// The gradients of queries, keys and values. Throws ShapeError where dy does not fit, or the context is of
  /// self-attention.
  AttentionInput<T> backward(const Tensor<T, 3>& dy, const Context& context) {
    check_gradient(dy, context);
    require<ShapeError>(!context.is_self, "multi_head_attention: the context is of self-attention; use backward_self");
    const Projections d_projected = backward_heads(dy, context);
    AttentionInput<T> dx;
    const std::array<const Tensor<T, 3>*, 3> inputs{&context.input.queries, &context.input.keys, &context.input.values};
    const std::array<Tensor<T, 3>*, 3> gradients{&dx.queries, &dx.keys, &dx.values};
    for (std::size_t part = 0; part < 3; ++part) {
      const auto d = kernels::matrix(d_projected[part]);
      kernels::gemm(kernels::transposed(d), kernels::matrix(*inputs[part]), weight_gradient(part));
      if (options_.bias) kernels::add_column_sums(d, in_proj_bias_.gradient.data() + column_of(part));
      *gradients[part] = Tensor<T, 3>::uninitialized(inputs[part]->shape());
      kernels::gemm(d, weight(part), kernels::into(*gradients[part]));
    }
    return dx;
  }

  /// The gradient of self-attention's x. Throws ShapeError where dy does not fit, or the context is not of
  /// self-attention.
  Tensor<T, 3> backward_self(const Tensor<T, 3>& dy, const Context& context) {
    check_gradient(dy, context);
    require<ShapeError>(context.is_self, "multi_head_attention: the context is not of self-attention; use backward");
    const Projections d_projected = backward_heads(dy, context);
    const auto d = kernels::matrix(d_projected[0]);
    kernels::gemm(kernels::transposed(d), kernels::matrix(context.input.queries),
                  kernels::added_to(in_proj_weight_.gradient));
    if (options_.bias) kernels::add_column_sums(d, in_proj_bias_.gradient.data());
    auto dx = Tensor<T, 3>::uninitialized(context.input.queries.shape());
    kernels::gemm(d, kernels::matrix(in_proj_weight_.value), kernels::into(dx));
    return dx;
  }

  /// What self-attention gives for an x of this shape, or throws.
  Shape<3> output_shape(const Shape<3>& x) const {
    check_self(x, {});
    return x;
  }

  /// Of self-attention: four projections, and two products of every query with every key.
  Index multiply_adds(const Shape<3>& x) const {
    const Sizes sizes = sizes_of(x, x);
    return sizes.batch * sizes.query_time * options_.embed_dim * (4 * options_.embed_dim + 2 * sizes.query_time);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    moved_.check("multi_head_attention");
    if (has_one_weight()) {
      visitor(name / "in_proj_weight", in_proj_weight_);
    } else {
      visitor(name / "q_proj_weight", proj_weights_[0]);
      visitor(name / "k_proj_weight", proj_weights_[1]);
      visitor(name / "v_proj_weight", proj_weights_[2]);
    }
    if (options_.bias) visitor(name / "in_proj_bias", in_proj_bias_);
    out_proj_.visit(visitor, name / "out_proj");
    if (dropout_) dropout_->visit(visitor, name / "dropout");
  }

  const MultiHeadAttentionOptions& options() const { return options_; }

 private:
  using Projections = std::array<Tensor<T, 2>, 3>;

  struct Sizes {
    Index batch;
    Index query_time;
    Index key_time;
  };

  static const MultiHeadAttentionOptions& checked(const MultiHeadAttentionOptions& options) {
    require<OptionError>(options.embed_dim >= 1 && options.num_heads >= 1 && options.embed_dim % options.num_heads == 0,
                         "multi_head_attention: cannot share ", options.embed_dim, " features out among ",
                         options.num_heads, " heads alike");
    require<OptionError>(options.kdim.value_or(1) >= 1 && options.vdim.value_or(1) >= 1,
                         "multi_head_attention: kdim is ", options.kdim.value_or(options.embed_dim), " and vdim ",
                         options.vdim.value_or(options.embed_dim), ", each must be at least 1");
    return options;
  }

  static void begin_weight(Parameter<T, 2>& weight, const Shape<2>& shape, Rng& rng) {
    weight = Parameter(Tensor<T, 2>(shape));
    fill_xavier_uniform(weight.value, rng);
  }

  // The parts are queries, keys and values: 0, 1, 2.

  Index features_of(std::size_t part) const {
    const std::array features{options_.embed_dim, options_.kdim.value_or(options_.embed_dim),
                              options_.vdim.value_or(options_.embed_dim)};
    return features[part];
  }
  bool has_one_weight() const { return features_of(1) == options_.embed_dim && features_of(2) == options_.embed_dim; }
  /// Where a part begins beside the others.
  Index column_of(std::size_t part) const { return static_cast<Index>(part) * options_.embed_dim; }

  kernels::RowMajor<T> weight(std::size_t part) const {
    if (!has_one_weight()) return kernels::matrix(proj_weights_[part].value);
    const Index features = options_.embed_dim;
    return {in_proj_weight_.value.row(column_of(part)), features, features, features};
  }
  kernels::Destination<T> weight_gradient(std::size_t part) {
    if (!has_one_weight()) return kernels::added_to(proj_weights_[part].gradient);
    return {in_proj_weight_.gradient.row(column_of(part)), options_.embed_dim, true};
  }

  Sizes sizes_of(const Shape<3>& queries, const Shape<3>& keys) const {
    const std::size_t time = options_.batch_first ? 1 : 0;
    return {queries[1 - time], queries[time], keys[time]};
  }

  /// Q, K and V, one product each.
  Projections project(const AttentionInput<T>& input) const {
    const std::array<const Tensor<T, 3>*, 3> inputs{&input.queries, &input.keys, &input.values};
    Projections projected;
    for (std::size_t part = 0; part < 3; ++part) {
      projected[part] = Tensor<T, 2>::uninitialized({inputs[part]->rows(), options_.embed_dim});
      auto destination = kernels::into(projected[part]);
      if (options_.bias) destination.bias = in_proj_bias_.value.data() + column_of(part);
      kernels::gemm(kernels::matrix(*inputs[part]), kernels::transposed(weight(part)), destination);
    }
    return projected;
  }

  /// Q, K and V of self-attention side by side, by one product.
  Projections project_self(const Tensor<T, 3>& x) const {
    Projections projected;
    projected[0] = Tensor<T, 2>::uninitialized({x.rows(), 3 * options_.embed_dim});
    kernels::gemm(kernels::matrix(x), kernels::transposed(kernels::matrix(in_proj_weight_.value)),
                  options_.bias ? kernels::into(projected[0], in_proj_bias_.value) : kernels::into(projected[0]));
    return projected;
  }

  Index head_size() const { return options_.embed_dim / options_.num_heads; }

  /// Where a head of a sequence lies in matrices of all steps of all sequences.
  struct HeadPlace {
    std::size_t tensor;
    Index begin;
    Index time;
    Index stride;
  };

  /// Heads are counted sequence by sequence: head h of sequence n is number n num_heads + h.
  HeadPlace place_of(const Projections& projected, std::size_t part, Index head, const Sizes& sizes) const {
    const bool side_by_side = projected[0].columns() > options_.embed_dim;
    const std::size_t tensor = side_by_side ? 0 : part;
    const Index columns = projected[tensor].columns();
    const Index time = part == 0 ? sizes.query_time : sizes.key_time;
    const Index n = head / options_.num_heads;
    const Index first_row = options_.batch_first ? n * time : n;
    const Index first_column = (side_by_side ? column_of(part) : 0) + head % options_.num_heads * head_size();
    return {tensor, first_row * columns + first_column, time, options_.batch_first ? columns : sizes.batch * columns};
  }
  kernels::RowMajor<T> head_of(const Projections& projected, std::size_t part, Index head, const Sizes& sizes) const {
    const HeadPlace place = place_of(projected, part, head, sizes);
    return {projected[place.tensor].data() + place.begin, place.time, head_size(), place.stride};
  }
  kernels::Destination<T> into_head(Projections& projected, std::size_t part, Index head, const Sizes& sizes) const {
    const HeadPlace place = place_of(projected, part, head, sizes);
    return {projected[place.tensor].data() + place.begin, place.stride};
  }

  /// Where queries may look as one mask, with an extent of 1 where all sequences or all queries are alike; empty:
  /// everywhere.
  Tensor<bool, 3> joined_mask(const AttentionMasks& masks, const Sizes& sizes) const {
    if (masks.keys.empty() && masks.pairs.empty() && !options_.causal) return {};
    const bool same_queries = masks.pairs.empty() && !options_.causal;
    auto joined = Tensor<bool, 3>::uninitialized(
        {masks.keys.empty() ? 1 : sizes.batch, same_queries ? 1 : sizes.query_time, sizes.key_time});
    for (Index n = 0; n < joined.dim(0); ++n) {
      for (Index q = 0; q < joined.dim(1); ++q) {
        for (Index k = 0; k < joined.dim(2); ++k) {
          joined(n, q, k) = (masks.keys.empty() || masks.keys(n, k)) && (masks.pairs.empty() || masks.pairs(q, k)) &&
                            (!options_.causal || k <= q);
        }
      }
    }
    return joined;
  }

  Tensor<T, 4> weights_of(const Projections& projected, const Sizes& sizes, const AttentionMasks& masks) const {
    const auto mask = joined_mask(masks, sizes);
    auto weights = Tensor<T, 4>::uninitialized({sizes.batch, options_.num_heads, sizes.query_time, sizes.key_time});
    parallel_for(sizes.batch * options_.num_heads, [&](Index head) {
      const Index n = head / options_.num_heads;
      const auto mask_of = [&](Index q) -> const bool* {
        if (mask.empty()) return nullptr;
        return mask.row(n % mask.dim(0) * mask.dim(1) + q % mask.dim(1));
      };
      kernels::dot_product_weights(head_of(projected, 0, head, sizes), head_of(projected, 1, head, sizes), mask_of,
                                   weights.row(head * sizes.query_time));
    });
    return weights;
  }

  /// The weights of one head as a matrix.
  static kernels::RowMajor<T> matrix_of(const Tensor<T, 4>& weights, Index head) {
    return {weights.row(head * weights.dim(2)), weights.dim(2), weights.dim(3), weights.dim(3)};
  }

  /// A: what the heads have seen, side by side, of all steps.
  Tensor<T, 3> attend(const Projections& projected, const Tensor<T, 4>& weights, const Sizes& sizes) const {
    Projections seen;
    seen[0] = Tensor<T, 2>::uninitialized({sizes.query_time * sizes.batch, options_.embed_dim});
    parallel_for(sizes.batch * options_.num_heads, [&](Index head) {
      kernels::gemm(matrix_of(weights, head), head_of(projected, 2, head, sizes), into_head(seen, 0, head, sizes));
    });
    return std::move(seen[0]).reshaped(output_shape_of(sizes));
  }

  Shape<3> output_shape_of(const Sizes& sizes) const {
    if (options_.batch_first) return {sizes.batch, sizes.query_time, options_.embed_dim};
    return {sizes.query_time, sizes.batch, options_.embed_dim};
  }

  void begin(Context& context, bool is_self) const {
    context.unread.begin("multi_head_attention");
    context.input = {};  // gives its memory back before more is taken
    context.projected = {};
    context.weights = {};
    context.is_self = is_self;
  }

  /// From the projections in the context to the output.
  Tensor<T, 3> train(Context& context, const Sizes& sizes, const AttentionMasks& masks) {
    context.weights = weights_of(context.projected, sizes, masks);
    if (!dropout_) return out_proj_.forward(attend(context.projected, context.weights, sizes), context.out_proj);
    const auto dropped = dropout_->forward(context.weights, context.dropout);
    return out_proj_.forward(attend(context.projected, dropped, sizes), context.out_proj);
  }

  /// dQ, dK and dV, lying as Q, K and V do.
  Projections backward_heads(const Tensor<T, 3>& dy, const Context& context) {
    const Tensor<T, 4>& weights = context.weights;
    const Sizes sizes{weights.dim(0), weights.dim(2), weights.dim(3)};
    context.unread.end();
    Projections d_seen;
    d_seen[0] = out_proj_.backward(dy, context.out_proj).reshaped(Shape{dy.rows(), options_.embed_dim});
    Projections d_projected;
    for (std::size_t part = 0; part < 3; ++part) {
      d_projected[part] = Tensor<T, 2>::uninitialized(context.projected[part].shape());
    }
    // Dropout does to weights again what it did in forward, and the same to their gradients.
    const auto dropped = dropout_ ? dropout_->backward(weights, context.dropout) : Tensor<T, 4>();
    const Tensor<T, 4>& used = dropout_ ? dropped : weights;
    auto d_weights = Tensor<T, 4>::uninitialized(weights.shape());
    parallel_for(sizes.batch * options_.num_heads, [&](Index head) {
      const auto d = head_of(d_seen, 0, head, sizes);
      kernels::gemm(kernels::transposed(matrix_of(used, head)), d, into_head(d_projected, 2, head, sizes));
      kernels::gemm(d, kernels::transposed(head_of(context.projected, 2, head, sizes)),
                    kernels::Destination<T>{d_weights.row(head * sizes.query_time), sizes.key_time});
    });
    if (dropout_) d_weights = dropout_->backward(std::move(d_weights), context.dropout);
    parallel_for(sizes.batch * options_.num_heads, [&](Index head) {
      kernels::dot_product_weights_backward(
          head_of(context.projected, 0, head, sizes), head_of(context.projected, 1, head, sizes),
          weights.row(head * sizes.query_time), d_weights.row(head * sizes.query_time),
          into_head(d_projected, 0, head, sizes), into_head(d_projected, 1, head, sizes));
    });
    return d_projected;
  }

  void check(const AttentionInput<T>& input, const AttentionMasks& masks) const {
    moved_.check("multi_head_attention");
    const auto& [queries, keys, values] = input;
    check_features("queries", queries.shape(), features_of(0));
    check_features("keys", keys.shape(), features_of(1));
    check_features("values", values.shape(), features_of(2));
    const Sizes sizes = sizes_of(queries.shape(), keys.shape());
    const Sizes of_values = sizes_of(values.shape(), values.shape());
    require<ShapeError>(sizes_of(keys.shape(), keys.shape()).batch == sizes.batch, "multi_head_attention: the keys ",
                        keys.shape(), " do not fit the queries ", queries.shape());
    require<ShapeError>(of_values.batch == sizes.batch && of_values.key_time == sizes.key_time,
                        "multi_head_attention: the values ", values.shape(), " do not fit the keys ", keys.shape());
    require<ShapeError>(sizes.key_time >= 1, "multi_head_attention: the keys ", keys.shape(), " have no position");
    check_masks(masks, sizes);
  }

  void check_self(const Shape<3>& x, const AttentionMasks& masks) const {
    moved_.check("multi_head_attention");
    require<ShapeError>(has_one_weight(), "multi_head_attention: self-attention needs keys and values of ",
                        features_of(0), " features, the layer was made for ", features_of(1), " and ", features_of(2));
    check_features("input", x, features_of(0));
    const Sizes sizes = sizes_of(x, x);
    require<ShapeError>(sizes.key_time >= 1, "multi_head_attention: the input ", x, " has no position");
    check_masks(masks, sizes);
  }

  static void check_features(const char* what, const Shape<3>& x, Index expected) {
    require<ShapeError>(x[2] == expected, "multi_head_attention: ", what, " of ", x[2],
                        " features, the layer was made for ", expected, " (", what, ' ', x, ")");
  }

  static void check_masks(const AttentionMasks& masks, const Sizes& sizes) {
    const Shape<2> keys{sizes.batch, sizes.key_time};
    require<ShapeError>(masks.keys.shape() == Shape<2>{} || masks.keys.shape() == keys,
                        "multi_head_attention: the mask of keys ", masks.keys.shape(), " is not ", keys);
    const Shape<2> pairs{sizes.query_time, sizes.key_time};
    require<ShapeError>(masks.pairs.shape() == Shape<2>{} || masks.pairs.shape() == pairs,
                        "multi_head_attention: the mask of pairs ", masks.pairs.shape(), " is not ", pairs);
  }

  void check_gradient(const Tensor<T, 3>& dy, const Context& context) const {
    moved_.check("multi_head_attention");
    context.unread.require_forward("multi_head_attention");
    require<ShapeError>(dy.shape() == context.input.queries.shape(), "multi_head_attention: the gradient ", dy.shape(),
                        " does not fit the output ", context.input.queries.shape());
    require<ShapeError>(context.weights.dim(1) == options_.num_heads && dy.dim(2) == options_.embed_dim,
                        "multi_head_attention: the context has ", context.weights.dim(1), " heads of ", dy.dim(2),
                        " features, the layer was made for ", options_.num_heads, " of ", options_.embed_dim);
  }

  MultiHeadAttentionOptions options_;
  Parameter<T, 2> in_proj_weight_;               // [3 embed_dim, embed_dim]; empty where there are three
  std::array<Parameter<T, 2>, 3> proj_weights_;  // [embed_dim, features of the part]; empty where there is one
  Parameter<T, 1> in_proj_bias_;                 // [3 embed_dim]
  Dense<T> out_proj_;
  std::optional<Dropout<T>> dropout_;
  MoveMark moved_;
};

}  // namespace pupil
