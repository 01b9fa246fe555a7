#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>

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
}

}  // namespace pupil::agreement
