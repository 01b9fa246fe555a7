// Recurrent layers, cells, attention and losses give the same bits for 1, 2 and 7 threads: outputs, states, weights and
// all gradients. Batches are large enough that the work is cut into several parts, or so small that another way is
// taken.

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/binary_cross_entropy_with_logits.hpp>
#include <pupil/nn/cosine_embedding_loss.hpp>
#include <pupil/nn/ctc_loss.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/gru_cell.hpp>
#include <pupil/nn/kl_divergence.hpp>
#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/lstm_cell.hpp>
#include <pupil/nn/multi_head_attention.hpp>
#include <pupil/nn/positional_encoding.hpp>
#include <pupil/nn/regression_losses.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/nn/transformer_encoder_layer.hpp>
#include <pupil/nn/triplet_margin_loss.hpp>

#include "../support/random_tensor.hpp"
#include "same_bits.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Lengths = std::vector<Index>;

Lengths random_lengths(Index batch, Index time, Rng& rng) {
  Lengths lengths;
  for (Index b = 0; b < batch; ++b) lengths.push_back(1 + rng.below(time));
  return lengths;
}

template <class State, std::size_t Rank>
State random_state(const Shape<Rank>& shape, Rng& rng) {
  State state;
  State::for_each_part([&](const char*, auto& part) { part = random_tensor<float>(shape, rng); }, state);
  return state;
}

/// Recurrent layers: training and inference from a state, with lengths in any order, and back.
template <class Layers>
std::function<Bits()> sequences_through(const RecurrentOptions& options, Index batch) {
  return [=] {
    Rng rng(1);
    Layers layers(options, rng);
    const Index time = 6;
    const Index directions = options.bidirectional ? 2 : 1;
    const auto x = random_tensor<float>(Shape{time, batch, options.input_size}, rng);
    const Shape state_shape{options.num_layers * directions, batch, options.hidden_size};
    const auto initial = random_state<typename Layers::State>(state_shape, rng);
    const Lengths lengths = random_lengths(batch, time, rng);
    Bits bits;
    typename Layers::Context context;
    const auto y = layers.forward(x, initial, lengths, context);
    bits.add("output", y.output);
    bits.add("final", y.state);
    const auto d_final = random_state<typename Layers::State>(state_shape, rng);
    const auto gradient = layers.backward({gradient_for(y.output), d_final}, context);
    bits.add("dx", gradient.input);
    bits.add("initial gradient", gradient.initial_state);
    bits.add_parts_of(layers);
    bits.add("inference", std::as_const(layers).forward(x, initial, lengths).output);
    bits.add("inference without lengths", std::as_const(layers).forward(x).output);
    return bits;
  };
}

/// One step of a cell, and back.
template <class Cell>
std::function<Bits()> step_through(Index batch) {
  return [=] {
    Rng rng(2);
    Cell cell({.input_size = 60, .hidden_size = 130}, rng);
    const auto x = random_tensor<float>(Shape{batch, 60}, rng);
    const auto state = random_state<typename Cell::State>(Shape{batch, 130}, rng);
    Bits bits;
    typename Cell::Context context;
    bits.add("state", cell.forward(x, state, context));
    const auto gradient = cell.backward(random_state<typename Cell::State>(Shape{batch, 130}, rng), context);
    bits.add("dx", gradient.input);
    bits.add("gradient of the", gradient.state);
    bits.add_parts_of(cell);
    bits.add("inference", std::as_const(cell).forward(x, state));
    return bits;
  };
}

/// Two steps of a decoder that looks at the same keys, and back.
Bits additive_attention(const Tensor<bool, 2>& mask) {
  Rng rng(3);
  AdditiveAttention<float> attention({.query_size = 20, .key_size = 21, .attention_size = 22}, rng);
  const auto keys = random_tensor<float>(Shape{13, 31, 21}, rng);
  const auto values = random_tensor<float>(Shape{13, 31, 40}, rng);
  const std::vector queries{random_tensor<float>(Shape{13, 20}, rng), random_tensor<float>(Shape{13, 20}, rng)};
  Bits bits;
  AdditiveAttention<float>::KeysContext keys_context;
  const auto projected = attention.project_keys(keys, keys_context);
  Tensor<float, 3> d_projected(projected.shape());
  Tensor<float, 3> d_values(values.shape());
  for (const auto& query : queries) {
    AdditiveAttention<float>::Context context;
    const auto y = attention.forward(query, projected, values, mask, context);
    bits.add("output", y.output);
    bits.add("weights", y.weights);
    bits.add("gradient of the query", attention.backward({gradient_for(y.output), gradient_for(y.weights)}, projected,
                                                         values, context, d_projected, d_values));
    bits.add("inference", std::as_const(attention).forward(query, projected, values, mask).output);
  }
  bits.add("gradient of the values", d_values);
  bits.add("gradient of the keys", attention.backward_keys(d_projected, keys_context));
  bits.add_parts_of(attention);
  return bits;
}

template <std::size_t MaskRank>
Bits scaled_dot_product_attention(const Shape<3>& weights, const Tensor<bool, MaskRank>& mask) {
  Rng rng(4);
  const auto [batch, query_time, key_time] = weights.dims;
  const AttentionInput<float> input{random_tensor<float>(Shape{batch, query_time, 33}, rng),
                                    random_tensor<float>(Shape{batch, key_time, 33}, rng),
                                    random_tensor<float>(Shape{batch, key_time, 40}, rng)};
  const ScaledDotProductAttention<float> attention;
  Bits bits;
  ScaledDotProductAttention<float>::Context context;
  const auto y = attention.forward(input, mask, context);
  const auto dx = attention.backward(gradient_for(y), context);
  bits.add("output", y);
  bits.add("gradient of the queries", dx.queries);
  bits.add("gradient of the keys", dx.keys);
  bits.add("gradient of the values", dx.values);
  bits.add("inference", attention.forward(input, mask));
  return bits;
}

/// Attention of several heads: of a sequence to itself, and of 31 queries to it.
Bits multi_head_attention(const MultiHeadAttentionOptions& options, const AttentionMasks& masks) {
  Rng rng(7);
  MultiHeadAttention<float> attention(options, rng);
  const auto x = random_tensor<float>(Shape{65, 9, options.embed_dim}, rng);
  const AttentionInput<float> input{random_tensor<float>(Shape{31, 9, options.embed_dim}, rng), x, x};
  Bits bits;
  MultiHeadAttention<float>::Context self_context, context;
  const auto y = attention.forward(x, masks, self_context);
  bits.add("output of self-attention", y);
  bits.add("dx", attention.backward_self(gradient_for(y), self_context));
  const auto seen = attention.forward(input, {.keys = masks.keys}, context);
  const auto dx = attention.backward(gradient_for(seen), context);
  bits.add("output", seen);
  bits.add("gradient of the queries", dx.queries);
  bits.add("gradient of the keys", dx.keys);
  bits.add("gradient of the values", dx.values);
  bits.add_parts_of(attention);
  bits.add("inference of self-attention", std::as_const(attention).forward(x, masks));
  bits.add("inference", std::as_const(attention).forward(input, {.keys = masks.keys}));
  return bits;
}

template <std::size_t Rank>
Bits bits_of(const Loss<float, Rank>& loss) {
  Bits bits;
  bits.add("value", Tensor<float, 1>({1}, {loss.value}));
  bits.add("gradient", loss.gradient);
  return bits;
}

constexpr RecurrentOptions single{.input_size = 40, .hidden_size = 130};
constexpr RecurrentOptions stacked{
    .input_size = 20, .hidden_size = 70, .num_layers = 2, .dropout = 0.2, .bidirectional = true};

}  // namespace

TEST_CASE("recurrent layers give the same bits for any number of threads") {
  check_same_bits({
      {"Lstm", sequences_through<Lstm<float>>(single, 150)},
      {"Lstm of few sequences", sequences_through<Lstm<float>>(single, 3)},
      {"Lstm of several layers in both directions", sequences_through<Lstm<float>>(stacked, 250)},
      {"Gru", sequences_through<Gru<float>>(single, 150)},
      {"Gru of few sequences", sequences_through<Gru<float>>(single, 3)},
      {"Gru of several layers in both directions", sequences_through<Gru<float>>(stacked, 250)},
  });
}

TEST_CASE("cells give the same bits for any number of threads") {
  check_same_bits({
      {"LstmCell", step_through<LstmCell<float>>(200)},
      {"LstmCell of few rows", step_through<LstmCell<float>>(3)},
      {"GruCell", step_through<GruCell<float>>(200)},
      {"GruCell of few rows", step_through<GruCell<float>>(3)},
  });
}

TEST_CASE("attention gives the same bits for any number of threads") {
  Rng rng(5);
  const auto additive_mask = positions_within(random_lengths(13, 31, rng), 31);
  const auto mask = positions_within(random_lengths(9, 65, rng), 65);
  Tensor<bool, 3> mask_of_queries({9, 70, 65});
  for (bool& may_look : mask_of_queries) may_look = rng.below(2) == 0;
  check_same_bits({
      {"AdditiveAttention", [] { return additive_attention({}); }},
      {"AdditiveAttention with a mask", [&] { return additive_attention(additive_mask); }},
      {"ScaledDotProductAttention",
       [] {
         return scaled_dot_product_attention({9, 70, 65}, Tensor<bool, 2>());
       }},
      {"ScaledDotProductAttention of one item",
       [] {
         return scaled_dot_product_attention({1, 310, 290}, Tensor<bool, 2>());
       }},
      {"ScaledDotProductAttention with a mask",
       [&] {
         return scaled_dot_product_attention({9, 70, 65}, mask);
       }},
      {"ScaledDotProductAttention with a mask a query",
       [&] {
         return scaled_dot_product_attention({9, 70, 65}, mask_of_queries);
       }},
  });
}

TEST_CASE("multi-head attention gives the same bits for any number of threads") {
  Rng rng(8);
  const AttentionMasks masks{.keys = positions_within(random_lengths(9, 65, rng), 65)};
  check_same_bits({
      {"MultiHeadAttention", [] { return multi_head_attention({.embed_dim = 60, .num_heads = 4}, {}); }},
      {"MultiHeadAttention with masks and dropout",
       [&] { return multi_head_attention({.embed_dim = 60, .num_heads = 3, .dropout = 0.3, .causal = true}, masks); }},
  });
}

TEST_CASE("transformers give the same bits for any number of threads") {
  Rng rng(9);
  const auto x = random_tensor<float>(Shape{65, 9, 60}, rng);
  const TransformerEncoderLayerOptions options{.d_model = 60, .nhead = 4, .dim_feedforward = 130};
  TransformerEncoderLayerOptions norm_first = options;
  norm_first.activation = TransformerActivation::gelu;
  norm_first.norm_first = true;
  check_same_bits({
      {"PositionalEncoding", step_of(PositionalEncoding<float>({.d_model = 60, .max_len = 70}), x)},
      {"TransformerEncoderLayer", step_of(TransformerEncoderLayer<float>(options, rng), x)},
      {"TransformerEncoderLayer with norms first", step_of(TransformerEncoderLayer<float>(norm_first, rng), x)},
  });
}

TEST_CASE("losses give the same bits for any number of threads") {
  Rng rng(6);
  const auto x = random_tensor<float>(Shape{50, 40, 101}, rng);
  const auto y = random_tensor<float>(Shape{50, 40, 101}, rng);
  const auto mask = steps_within(random_lengths(40, 50, rng), 50);
  const auto logits = random_tensor<float>(Shape{211, 1003}, rng);
  Tensor<std::int32_t, 1> targets({211});
  for (auto& target : targets) target = static_cast<std::int32_t>(rng.below(1004)) - 1;  // some are ignored
  const std::vector<double> class_weights(1003, 0.7);
  const std::vector<double> pos_weight(101, 1.5);
  check_same_bits({
      {"mean_squared_error", [&] { return bits_of(mean_squared_error(x, y)); }},
      {"mean_squared_error with a mask", [&] { return bits_of(mean_squared_error(x, y, {.mask = mask})); }},
      {"mean_absolute_error", [&] { return bits_of(mean_absolute_error(x, y)); }},
      {"mean_absolute_error with a mask", [&] { return bits_of(mean_absolute_error(x, y, {.mask = mask})); }},
      {"huber_loss", [&] { return bits_of(huber_loss(x, y)); }},
      {"huber_loss with a mask", [&] { return bits_of(huber_loss(x, y, {.mask = mask})); }},
      {"binary_cross_entropy_with_logits", [&] { return bits_of(binary_cross_entropy_with_logits(x, y)); }},
      {"binary_cross_entropy_with_logits with weights and a mask",
       [&] { return bits_of(binary_cross_entropy_with_logits(x, y, {.pos_weight = pos_weight, .mask = mask})); }},
      {"softmax_cross_entropy", [&] { return bits_of(softmax_cross_entropy(logits, targets)); }},
      {"softmax_cross_entropy with smoothing and weights",
       [&] {
         return bits_of(
             softmax_cross_entropy(logits, targets, {.label_smoothing = 0.1, .class_weights = class_weights}));
       }},
  });
}

TEST_CASE("losses of distributions, of paths and of several rows give the same bits for any number of threads") {
  Rng rng(10);
  const auto log_probabilities = LogSoftmax<float>().forward(random_tensor<float>(Shape{50, 40, 31}, rng));
  const auto probabilities = Softmax<float>().forward(random_tensor<float>(Shape{50, 40, 31}, rng));
  Tensor<std::int32_t, 2> classes({40, 12});
  for (auto& value : classes) value = static_cast<std::int32_t>(1 + rng.below(30));
  const Lengths target_lengths = random_lengths(40, 12, rng);
  Lengths long_enough = random_lengths(40, 26, rng);
  for (Index& length : long_enough) length += 24;
  const auto anchor = random_tensor<float>(Shape{2003, 70}, rng);
  const auto positive = random_tensor<float>(Shape{2003, 70}, rng);
  const auto negative = random_tensor<float>(Shape{2003, 70}, rng);
  Tensor<std::int32_t, 1> together({2003});
  for (auto& target : together) target = rng.below(2) == 0 ? 1 : -1;
  check_same_bits({
      {"kl_divergence", [&] { return bits_of(kl_divergence(log_probabilities, probabilities)); }},
      {"ctc_loss", [&] { return bits_of(ctc_loss(log_probabilities, classes, long_enough, target_lengths)); }},
      {"triplet_margin_loss",
       [&] {
         const auto loss = triplet_margin_loss(anchor, positive, negative, {.swap = true});
         Bits bits;
         bits.add("value", Tensor<float, 1>({1}, {loss.value}));
         bits.add("gradient of the anchor", loss.anchor);
         bits.add("gradient of the positive", loss.positive);
         bits.add("gradient of the negative", loss.negative);
         return bits;
       }},
      {"cosine_embedding_loss",
       [&] {
         const auto loss = cosine_embedding_loss(anchor, positive, together);
         Bits bits;
         bits.add("value", Tensor<float, 1>({1}, {loss.value}));
         bits.add("gradient of the first", loss.first);
         bits.add("gradient of the second", loss.second);
         return bits;
       }},
  });
}
