#pragma once
// TransformerEncoderLayer: every step of a sequence looks at the others, and is then changed by itself; both are added
// to what was there, and normalized. Vaswani et al., "Attention is all you need", 2017. PyTorch's twin is
// nn.TransformerEncoderLayer, whose names the parameters have: self_attn.in_proj_weight, ..., linear1.weight,
// norm1.bias.
//
//   h = norm1(x + D(attend(x)))            y = norm2(h + D(feed(h)))            as the paper has it
//   h = x + D(attend(norm1(x)))            y = h + D(feed(norm2(h)))            with norm_first: Xiong et al., 2020
//
//   feed(h) = linear2(D(f(linear1(h))))        f: a ReLU or a GELU        D: dropout, in training

#include <initializer_list>
#include <optional>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/gelu.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/multi_head_attention.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// What stands between the two dense layers of a transformer.
enum class TransformerActivation { relu, gelu };

struct TransformerEncoderLayerOptions {
  Index d_model = 0;
  Index nhead = 1;
  Index dim_feedforward = 2048;
  double dropout =
      0.1;  ///< of weights of attention, of what attention gives, and twice of the dense layers, in training
  TransformerActivation activation = TransformerActivation::relu;
  double layer_norm_eps = 1e-5;
  bool batch_first = false;  ///< sequences are [batch, time, features], not [time, batch, features]
  bool norm_first = false;   ///< normalizes before attention and dense layers, not after
  bool causal = false;       ///< no step looks at a later one
};

/// Sequences [time, batch, d_model] give as much.
template <class T>
class TransformerEncoderLayer {
 public:
  struct Context {
    typename MultiHeadAttention<T>::Context self_attn;
    typename Dense<T>::Context linear1;
    typename Relu<T>::Context relu;  ///< one of the two
    typename Gelu<T>::Context gelu;
    typename Dense<T>::Context linear2;
    typename LayerNorm<T>::Context norm1;
    typename LayerNorm<T>::Context norm2;
    typename Dropout<T>::Context dropout;
    typename Dropout<T>::Context dropout1;
    typename Dropout<T>::Context dropout2;
  };

  /// Parameters begin as those of the layers. Throws OptionError as these do, where sizes, dropout or epsilon are out
  /// of range.
  TransformerEncoderLayer(const TransformerEncoderLayerOptions& options, Rng& rng)
      : options_(options),
        self_attn_({.embed_dim = options.d_model,
                    .num_heads = options.nhead,
                    .dropout = options.dropout,
                    .batch_first = options.batch_first,
                    .causal = options.causal},
                   rng),
        linear1_({.in_features = options.d_model, .out_features = options.dim_feedforward}, rng),
        linear2_({.in_features = options.dim_feedforward, .out_features = options.d_model}, rng),
        norm1_({.normalized_shape = options.d_model, .epsilon = options.layer_norm_eps}),
        norm2_({.normalized_shape = options.d_model, .epsilon = options.layer_norm_eps}) {
    if (options.dropout == 0) return;
    for (auto* const dropout : {&dropout_, &dropout1_, &dropout2_}) {
      dropout->emplace(DropoutOptions{.probability = options.dropout}, rng);
    }
  }

  /// Masks are MultiHeadAttention's: which steps are there, and which may look at which. Throws ShapeError where the
  /// shapes do not fit.
  Tensor<T, 3> forward(const Tensor<T, 3>& x, const AttentionMasks& masks = {}) const {
    if (options_.norm_first) {
      const auto h = sum(x, self_attn_.forward(norm1_.forward(x), masks));
      return sum(h, feed(norm2_.forward(h)));
    }
    const auto h = norm1_.forward(sum(x, self_attn_.forward(x, masks)));
    return norm2_.forward(sum(h, feed(h)));
  }

  Tensor<T, 3> forward(const Tensor<T, 3>& x, const AttentionMasks& masks, Context& context) {
    const detail::EmptiedByException emptied(context);
    if (options_.norm_first) {
      const auto h = sum(x, attend(norm1_.forward(x, context.norm1), masks, context));
      return sum(h, feed(norm2_.forward(h, context.norm2), context));
    }
    const auto h = norm1_.forward(sum(x, attend(x, masks, context)), context.norm1);
    return norm2_.forward(sum(h, feed(h, context)), context.norm2);
  }
  Tensor<T, 3> forward(const Tensor<T, 3>& x, Context& context) { return forward(x, AttentionMasks{}, context); }

  /// Throws ShapeError where dy does not fit.
  Tensor<T, 3> backward(Tensor<T, 3> dy, const Context& context) {
    if (options_.norm_first) {
      auto dh = norm2_.backward(backward_feed(dy, context), context.norm2);
      kernels::add_to(dh, dy);
      auto dx = norm1_.backward(backward_attend(dh, context), context.norm1);
      kernels::add_to(dx, dh);
      return dx;
    }
    const auto d_second = norm2_.backward(std::move(dy), context.norm2);
    auto dh = backward_feed(d_second, context);
    kernels::add_to(dh, d_second);
    const auto d_first = norm1_.backward(std::move(dh), context.norm1);
    auto dx = backward_attend(d_first, context);
    kernels::add_to(dx, d_first);
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<3> output_shape(const Shape<3>& x) const { return self_attn_.output_shape(x); }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<3> summarize(Table& table, const Name& name, const Shape<3>& x) const {
    table.add(name / "norm1", norm1_, table.add(name / "self_attn", self_attn_, x));
    return table.add(name / "norm2", norm2_,
                     table.add(name / "linear2", linear2_, table.add(name / "linear1", linear1_, x)));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    self_attn_.visit(visitor, name / "self_attn");
    linear1_.visit(visitor, name / "linear1");
    linear2_.visit(visitor, name / "linear2");
    norm1_.visit(visitor, name / "norm1");
    norm2_.visit(visitor, name / "norm2");
    if (dropout_) dropout_->visit(visitor, name / "dropout");
    if (dropout1_) dropout1_->visit(visitor, name / "dropout1");
    if (dropout2_) dropout2_->visit(visitor, name / "dropout2");
  }

  const TransformerEncoderLayerOptions& options() const { return options_; }

 private:
  using Drops = std::optional<Dropout<T>>;

  static Tensor<T, 3> sum(const Tensor<T, 3>& x, Tensor<T, 3> change) {
    kernels::add_to(change, x);
    return change;
  }

  static Tensor<T, 3> dropped(Drops& dropout, Tensor<T, 3> x, typename Dropout<T>::Context& context) {
    return dropout ? dropout->forward(std::move(x), context) : std::move(x);
  }
  static Tensor<T, 3> backward_dropped(const Drops& dropout, Tensor<T, 3> dy,
                                       const typename Dropout<T>::Context& context) {
    return dropout ? dropout->backward(std::move(dy), context) : std::move(dy);
  }

  Tensor<T, 3> attend(Tensor<T, 3> x, const AttentionMasks& masks, Context& context) {
    return dropped(dropout1_, self_attn_.forward(std::move(x), masks, context.self_attn), context.dropout1);
  }
  Tensor<T, 3> backward_attend(Tensor<T, 3> dy, const Context& context) {
    return self_attn_.backward_self(backward_dropped(dropout1_, std::move(dy), context.dropout1), context.self_attn);
  }

  bool has_relu() const { return options_.activation == TransformerActivation::relu; }

  Tensor<T, 3> feed(const Tensor<T, 3>& h) const {
    auto hidden = linear1_.forward(h);
    return linear2_.forward(has_relu() ? relu_.forward(std::move(hidden)) : gelu_.forward(std::move(hidden)));
  }
  Tensor<T, 3> feed(Tensor<T, 3> h, Context& context) {
    auto hidden = linear1_.forward(std::move(h), context.linear1);
    hidden =
        has_relu() ? relu_.forward(std::move(hidden), context.relu) : gelu_.forward(std::move(hidden), context.gelu);
    hidden = dropped(dropout_, std::move(hidden), context.dropout);
    return dropped(dropout2_, linear2_.forward(std::move(hidden), context.linear2), context.dropout2);
  }
  Tensor<T, 3> backward_feed(Tensor<T, 3> dy, const Context& context) {
    auto d = linear2_.backward(backward_dropped(dropout2_, std::move(dy), context.dropout2), context.linear2);
    d = backward_dropped(dropout_, std::move(d), context.dropout);
    d = has_relu() ? relu_.backward(std::move(d), context.relu) : gelu_.backward(std::move(d), context.gelu);
    return linear1_.backward(d, context.linear1);
  }

  TransformerEncoderLayerOptions options_;
  MultiHeadAttention<T> self_attn_;
  Dense<T> linear1_;
  Dense<T> linear2_;
  LayerNorm<T> norm1_;
  LayerNorm<T> norm2_;
  Relu<T> relu_;
  Gelu<T> gelu_;
  Drops dropout_;   // of what stands between the dense layers
  Drops dropout1_;  // of what attention gives
  Drops dropout2_;  // of what the dense layers give
};

}  // namespace pupil
