#include <pupil/core/tensor_layout.hpp>
#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/multi_head_attention.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>
#include <pupil/nn/transformer_encoder_layer.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// Hides about a quarter of the positions, and sometimes all that there are.
template <std::size_t Rank>
Tensor<bool, Rank> draw_mask(const Shape<Rank>& shape, Draw& draw) {
  Tensor<bool, Rank> mask(shape);
  for (bool& there : mask) there = draw.between(0, 3) > 0;
  return mask;
}

/// PyTorch's weights are NaN, and so is all that follows, where a query may look nowhere. Such a query may look
/// everywhere, and then `any` makes zeros of what it saw, and of the gradients.
struct TorchMask {
  explicit TorchMask(const at::Tensor& mask) : any(mask.any(-1, true)), visible(mask.logical_or(any.logical_not())) {}

  at::Tensor any;
  at::Tensor visible;
};

/// `mask` is empty where a query may look everywhere.
template <class T, std::size_t Rank>
void compare_scaled_dot_product_attention(const AttentionInput<T>& input, const Tensor<bool, Rank>& mask, Draw& draw) {
  const ScaledDotProductAttention<T> layer;
  typename ScaledDotProductAttention<T>::Context context;
  const auto y = layer.forward(input, mask, context);
  const auto cotangent = draw.tensor<T>(y.shape());
  const auto gradient = layer.backward(cotangent, context);

  const auto reference = [&](const State& state) {
    const auto attend = [&](const c10::optional<at::Tensor>& visible) {
      return std::get<0>(
          at::_scaled_dot_product_attention(state.at("queries"), state.at("keys"), state.at("values"), visible));
    };
    if (mask.empty()) return State{{"the output", attend({})}};
    at::Tensor there = as_it_lies(mask).to(at::kBool);
    if (Rank == 2) there = there.unsqueeze(1).expand({-1, input.queries.dim(1), -1});
    const TorchMask torch_mask(there);
    return State{{"the output", attend(torch_mask.visible) * torch_mask.any}};
  };
  const Twin<T> twin(
      {{"queries", as_it_lies(input.queries)}, {"keys", as_it_lies(input.keys)}, {"values", as_it_lies(input.values)}},
      {{"the output", as_it_lies(cotangent)}}, reference, draw.rng());
  twin.compare("the output", y);
  twin.compare("the gradient of queries", gradient.queries);
  twin.compare("the gradient of keys", gradient.keys);
  twin.compare("the gradient of values", gradient.values);
}

template <class T>
void check_scaled_dot_product_attention(Draw& draw) {
  const Index batch = draw.between(1, 4);
  const Index query_time = draw.between(1, 9);
  const Index key_time = draw.between(1, 9);
  const Index features = draw.between(1, 40);
  const AttentionInput<T> input{draw.tensor<T>(Shape{batch, query_time, features}),
                                draw.tensor<T>(Shape{batch, key_time, features}),
                                draw.tensor<T>(Shape{batch, key_time, draw.between(1, 40)})};
  switch (draw.between(0, 2)) {
    case 0:
      return compare_scaled_dot_product_attention(input, Tensor<bool, 2>(), draw);
    case 1:
      return compare_scaled_dot_product_attention(input, draw_mask(Shape{batch, key_time}, draw), draw);
    default:
      return compare_scaled_dot_product_attention(input, draw_mask(Shape{batch, query_time, key_time}, draw), draw);
  }
}

/// Attention of several heads by at::linear and at::softmax, batch first.
at::Tensor reference_heads(const MultiHeadAttentionOptions& options, const State& state, const at::Tensor& mask) {
  std::vector<at::Tensor> weights;
  if (const auto joined = optional(state, "in_proj_weight")) {
    weights = joined->chunk(3);
  } else {
    weights = {state.at("q_proj_weight"), state.at("k_proj_weight"), state.at("v_proj_weight")};
  }
  std::vector<at::Tensor> biases(3);
  if (options.bias) biases = state.at("in_proj_bias").chunk(3);
  const std::vector<std::string> names{"the queries", "the keys", "the values"};
  std::vector<at::Tensor> heads;  // [batch, heads, time, features of a head]
  for (std::size_t part = 0; part < 3; ++part) {
    const at::Tensor& x = state.at(names[part]);
    const c10::optional<at::Tensor> bias = options.bias ? c10::make_optional(biases[part]) : c10::nullopt;
    heads.push_back(at::linear(x, weights[part], bias).unflatten(2, {options.num_heads, -1}).transpose(1, 2));
  }
  const TorchMask visible(mask);
  const double size = static_cast<double>(options.embed_dim / options.num_heads);
  const at::Tensor scores = heads[0].matmul(heads[1].transpose(2, 3)) / std::sqrt(size);
  const at::Tensor attended =
      (scores.masked_fill(visible.visible.logical_not(), -INFINITY).softmax(-1) * visible.any).matmul(heads[2]);
  return at::linear(attended.transpose(1, 2).flatten(2), state.at("out_proj.weight"), optional(state, "out_proj.bias"));
}

/// Sequences in the order of the options, as PyTorch's reference wants them.
at::Tensor batch_first(const at::Tensor& x, const MultiHeadAttentionOptions& options) {
  return options.batch_first ? x : x.transpose(0, 1).contiguous();
}

template <class T>
void check_multi_head_attention(Draw& draw) {
  MultiHeadAttentionOptions options{.num_heads = draw.between(1, 4), .bias = draw.coin()};
  options.embed_dim = options.num_heads * draw.between(1, 9);
  if (draw.coin()) options.kdim = draw.between(1, 20);
  if (draw.coin()) options.vdim = draw.between(1, 20);
  options.batch_first = draw.coin();
  options.causal = draw.between(0, 3) == 0;
  MultiHeadAttention<T> layer(options, draw.rng());
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = draw.tensor<T>(p.value.shape()); });

  const Index batch = draw.between(1, 4);
  const Index query_time = draw.between(1, 9);
  const Index key_time = draw.between(1, 9);
  const auto sequences = [&](Index time, Index features) {
    return draw.tensor<T>(options.batch_first ? Shape{batch, time, features} : Shape{time, batch, features});
  };
  const AttentionInput<T> input{sequences(query_time, options.embed_dim),
                                sequences(key_time, options.kdim.value_or(options.embed_dim)),
                                sequences(key_time, options.vdim.value_or(options.embed_dim))};
  AttentionMasks masks;
  at::Tensor mask = at::ones({batch, 1, query_time, key_time}, at::kBool);
  if (draw.coin()) {
    masks.keys = draw_mask(Shape{batch, key_time}, draw);
    mask = mask.logical_and(as_it_lies(masks.keys).to(at::kBool).view({batch, 1, 1, key_time}));
  }
  if (draw.coin()) {
    masks.pairs = draw_mask(Shape{query_time, key_time}, draw);
    mask = mask.logical_and(as_it_lies(masks.pairs).to(at::kBool));
  }
  if (options.causal) mask = mask.logical_and(at::ones({query_time, key_time}, at::kBool).tril());

  State inputs = state_of(layer);
  inputs["the queries"] = batch_first(as_it_lies(input.queries), options);
  inputs["the keys"] = batch_first(as_it_lies(input.keys), options);
  inputs["the values"] = batch_first(as_it_lies(input.values), options);
  typename MultiHeadAttention<T>::Context context;
  const auto y = layer.forward(input, masks, context);
  const auto cotangent = draw.tensor<T>(y.shape());
  const auto gradient = layer.backward(cotangent, context);
  const Twin<T> twin(
      std::move(inputs), {{"the output", batch_first(as_it_lies(cotangent), options)}},
      [&](const State& state) {
        return State{{"the output", reference_heads(options, state, mask)}};
      },
      draw.rng());
  const auto compare = [&](const std::string& what, const Tensor<T, 3>& actual) {
    twin.compare(what, options.batch_first ? actual : permute(actual, {1, 0, 2}));
  };
  compare("the output", y);
  compare("the gradient of the queries", gradient.queries);
  compare("the gradient of the keys", gradient.keys);
  compare("the gradient of the values", gradient.values);
  compare_gradients(layer, twin);
}

/// Without dropout. PyTorch's own layer is of the same parts.
template <class T>
void check_transformer_encoder_layer(Draw& draw) {
  TransformerEncoderLayerOptions options{.nhead = draw.between(1, 4), .dim_feedforward = draw.between(1, 30)};
  options.d_model = options.nhead * draw.between(2, 9);
  options.dropout = 0;
  options.activation = draw.coin() ? TransformerActivation::relu : TransformerActivation::gelu;
  options.batch_first = true;
  options.norm_first = draw.coin();
  options.causal = draw.coin();
  TransformerEncoderLayer<T> layer(options, draw.rng());
  const auto x = draw.tensor<T>(Shape{draw.between(1, 4), draw.between(1, 9), options.d_model});
  const auto reference = [&](const at::Tensor& input, const State& state) {
    const auto norm = [&](const std::string& name, const at::Tensor& rows) {
      return at::layer_norm(rows, {options.d_model}, state.at(name + ".weight"), state.at(name + ".bias"));
    };
    const auto attend = [&](const at::Tensor& rows) {
      State parts{{"the queries", rows}, {"the keys", rows}, {"the values", rows}};
      for (const char* const name : {"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"}) {
        parts[name] = state.at(std::string("self_attn.") + name);
      }
      const at::Tensor all = at::ones({x.dim(0), 1, x.dim(1), x.dim(1)}, at::kBool);
      return reference_heads({.embed_dim = options.d_model, .num_heads = options.nhead}, parts,
                             options.causal ? all.tril() : all);
    };
    const auto feed = [&](const at::Tensor& rows) {
      const at::Tensor hidden = at::linear(rows, state.at("linear1.weight"), state.at("linear1.bias"));
      return at::linear(options.activation == TransformerActivation::relu ? at::relu(hidden) : at::gelu(hidden),
                        state.at("linear2.weight"), state.at("linear2.bias"));
    };
    if (options.norm_first) {
      const at::Tensor h = input + attend(norm("norm1", input));
      return h + feed(norm("norm2", h));
    }
    const at::Tensor h = norm("norm1", input + attend(input));
    return norm("norm2", h + feed(h));
  };
  compare_layer(layer, x, reference, draw, false);
}

/// The steps of a decoder that looks at the same keys and values at each.
template <class T>
struct AdditiveSteps {
  AdditiveSteps(const AdditiveAttentionOptions& options, Draw& draw)
      : keys(draw.tensor<T>(Shape{draw.between(1, 4), draw.between(1, 9), options.key_size})),
        values(draw.tensor<T>(Shape{keys.dim(0), keys.dim(1), draw.between(1, 30)})) {
    if (draw.coin()) mask = draw_mask(Shape{keys.dim(0), keys.dim(1)}, draw);
    const Index count = draw.between(1, 3);
    for (Index i = 0; i < count; ++i) {
      queries.push_back(draw.tensor<T>(Shape{keys.dim(0), options.query_size}));
      cotangents.push_back({draw.tensor<T>(Shape{keys.dim(0), values.dim(2)}), {}});
      if (draw.coin()) cotangents.back().weights = draw.tensor<T>(Shape{keys.dim(0), keys.dim(1)});
    }
  }

  Tensor<T, 3> keys;
  Tensor<T, 3> values;
  Tensor<bool, 2> mask{};  ///< empty: all positions are there
  std::vector<Tensor<T, 2>> queries{};
  std::vector<AdditiveAttentionOutput<T>> cotangents{};
};

std::string of_step(const std::string& what, std::size_t step) { return what + " of step " + std::to_string(step); }

/// All steps' outputs and weights by Bahdanau's formula.
template <class T>
State additive_reference(const AdditiveSteps<T>& steps, const State& state) {
  State results;
  const at::Tensor projected_keys = at::linear(state.at("the keys"), state.at("key.weight"));
  for (std::size_t i = 0; i < steps.queries.size(); ++i) {
    const at::Tensor query =
        at::linear(state.at(of_step("the query", i)), state.at("query.weight"), state.at("query.bias"));
    const at::Tensor sum = projected_keys + query.unsqueeze(1);
    at::Tensor scores = at::linear(sum.tanh(), state.at("score.weight")).squeeze(-1);
    at::Tensor weights;
    if (steps.mask.empty()) {
      weights = scores.softmax(-1);
    } else {
      const TorchMask mask(as_it_lies(steps.mask).to(at::kBool));
      weights = scores.masked_fill(mask.visible.logical_not(), -INFINITY).softmax(-1) * mask.any;
    }
    results[of_step("the output", i)] = weights.unsqueeze(1).bmm(state.at("the values")).squeeze(1);
    results[of_step("the weights", i)] = weights;
  }
  return results;
}

template <class T>
void check_additive_attention(Draw& draw) {
  const AdditiveAttentionOptions options{
      .query_size = draw.between(1, 30), .key_size = draw.between(1, 30), .attention_size = draw.between(1, 30)};
  AdditiveAttention<T> layer(options, draw.rng());
  const AdditiveSteps<T> steps(options, draw);
  const std::size_t count = steps.queries.size();

  typename AdditiveAttention<T>::KeysContext keys_context;
  const auto projected_keys = layer.project_keys(steps.keys, keys_context);
  std::vector<typename AdditiveAttention<T>::Context> contexts(count);
  std::vector<AdditiveAttentionOutput<T>> outputs;
  for (std::size_t i = 0; i < count; ++i) {
    outputs.push_back(layer.forward(steps.queries[i], projected_keys, steps.values, steps.mask, contexts[i]));
  }
  Tensor<T, 3> d_projected_keys(projected_keys.shape());
  Tensor<T, 3> d_values(steps.values.shape());
  std::vector<Tensor<T, 2>> d_queries;
  for (std::size_t i = 0; i < count; ++i) {
    d_queries.push_back(
        layer.backward(steps.cotangents[i], projected_keys, steps.values, contexts[i], d_projected_keys, d_values));
  }
  const auto d_keys = layer.backward_keys(d_projected_keys, keys_context);

  State inputs = state_of(layer);
  State cotangents;
  inputs["the keys"] = as_it_lies(steps.keys);
  inputs["the values"] = as_it_lies(steps.values);
  for (std::size_t i = 0; i < count; ++i) {
    inputs[of_step("the query", i)] = as_it_lies(steps.queries[i]);
    cotangents[of_step("the output", i)] = as_it_lies(steps.cotangents[i].output);
    if (steps.cotangents[i].weights.empty()) continue;
    cotangents[of_step("the weights", i)] = as_it_lies(steps.cotangents[i].weights);
  }
  const Twin<T> twin(
      std::move(inputs), std::move(cotangents), [&](const State& state) { return additive_reference(steps, state); },
      draw.rng());
  for (std::size_t i = 0; i < count; ++i) {
    twin.compare(of_step("the output", i), outputs[i].output);
    twin.compare(of_step("the weights", i), outputs[i].weights);
    twin.compare("the gradient of " + of_step("the query", i), d_queries[i]);
  }
  twin.compare("the gradient of the keys", d_keys);
  twin.compare("the gradient of the values", d_values);
  compare_gradients(layer, twin);
}

}  // namespace

void add_attention(Agreements& agreements) {
  agreements.push_back({"scaled_dot_product_attention", check_scaled_dot_product_attention<double>,
                        check_scaled_dot_product_attention<float>});
  agreements.push_back({"additive_attention", check_additive_attention<double>, check_additive_attention<float>});
  agreements.push_back({"multi_head_attention", check_multi_head_attention<double>, check_multi_head_attention<float>});
  agreements.push_back(
      {"transformer_encoder_layer", check_transformer_encoder_layer<double>, check_transformer_encoder_layer<float>});
}

}  // namespace pupil::agreement
