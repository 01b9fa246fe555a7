#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_layout.hpp>
#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/multi_head_attention.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/split_tensor.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer with biases other than 0.
template <class T>
MultiHeadAttention<T> random_heads(const MultiHeadAttentionOptions& options, Rng& rng) {
  MultiHeadAttention<T> layer(options, rng);
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

std::vector<std::string> heads_names(const MultiHeadAttentionOptions& options) {
  Rng rng(1);
  MultiHeadAttention<float> layer(options, rng);
  std::vector<std::string> all;
  for_each_parameter(layer,
                     [&](const Name& name, auto& p) { all.push_back(message(name.str(), ' ', p.value.shape())); });
  return all;
}

/// The masks of a case, as far as it has them.
AttentionMasks golden_masks(const SafetensorsFile& file, const std::string& name) {
  AttentionMasks masks;
  const auto read = [&](const char* which, Tensor<bool, 2>& mask) {
    const std::string full_name = name + "/mask/" + which;
    if (!file.contains(full_name)) return;
    const auto numbers = file.read<std::int32_t, 2>(full_name);
    mask = Tensor<bool, 2>(numbers.shape());
    std::copy(numbers.begin(), numbers.end(), mask.begin());
  };
  read("keys", masks.keys);
  read("pairs", masks.pairs);
  return masks;
}

template <class T>
void check_golden_heads(const SafetensorsFile& file, const std::string& name,
                        const MultiHeadAttentionOptions& options) {
  CAPTURE(name);
  Rng rng(1);
  MultiHeadAttention<T> layer(options, rng);
  load_state_dict(file, layer, name + "/state/");
  zero_gradients(layer);
  AttentionMasks masks = golden_masks(file, name);
  if (options.causal) masks.pairs = {};  // the layer has it itself
  const auto read = [&](const char* part) { return file.read<T, 3>(name + "/" + part); };
  typename MultiHeadAttention<T>::Context context;
  if (file.contains(name + "/input")) {
    check_golden_tensor(file, name + "/output", layer.forward(read("input"), masks, context));
    check_golden_tensor(file, name + "/output", std::as_const(layer).forward(read("input"), masks));
    check_golden_tensor(file, name + "/input.grad", layer.backward_self(read("cotangent"), context));
  } else {
    const AttentionInput<T> input{read("queries"), read("keys"), read("values")};
    check_golden_tensor(file, name + "/output", layer.forward(input, masks, context));
    check_golden_tensor(file, name + "/output", std::as_const(layer).forward(input, masks));
    check_golden_tensor(file, name + "/weights", layer.weights(input, masks));
    const auto dx = layer.backward(read("cotangent"), context);
    check_golden_tensor(file, name + "/queries.grad", dx.queries);
    check_golden_tensor(file, name + "/keys.grad", dx.keys);
    check_golden_tensor(file, name + "/values.grad", dx.values);
  }
  check_golden_tensor(file, name + "/weights", context.weights);
  check_golden_gradients(file, name, layer);
}

/// Self-attention as a layer of one tensor.
template <class T>
struct SelfAttention {
  using Context = typename MultiHeadAttention<T>::Context;
  MultiHeadAttention<T> layer;
  AttentionMasks masks{};

  Tensor<T, 3> forward(const Tensor<T, 3>& x, Context& context) { return layer.forward(x, masks, context); }
  Tensor<T, 3> backward(const Tensor<T, 3>& dy, const Context& context) { return layer.backward_self(dy, context); }
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    layer.visit(visitor, name);
  }
};

/// Attention to something else as a layer of one tensor.
struct CrossAttention {
  using Context = MultiHeadAttention<double>::Context;
  MultiHeadAttention<double> layer;
  Shape<3> queries, keys, values;
  AttentionMasks masks{};

  Tensor<double, 3> forward(const Tensor<double, 1>& x, Context& context) {
    TensorSplitter<double> parts(x);
    auto q = parts.take(queries);
    auto k = parts.take(keys);
    return layer.forward({std::move(q), std::move(k), parts.take(values)}, masks, context);
  }
  Tensor<double, 1> backward(const Tensor<double, 3>& dy, const Context& context) {
    const auto dx = layer.backward(dy, context);
    return joined(dx.queries, dx.keys, dx.values);
  }
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    layer.visit(visitor, name);
  }
};

void check_cross(const CrossAttention& attention, Rng& rng) {
  const Index count = attention.queries.size() + attention.keys.size() + attention.values.size();
  check_gradients(attention, random_tensor<double>(Shape{count}, rng), rng);
}

/// Query q may look at key k where they are not too far from each other.
Tensor<bool, 2> neighbours_mask(Index query_time, Index key_time) {
  Tensor<bool, 2> mask({query_time, key_time});
  for (Index q = 0; q < query_time; ++q) {
    for (Index k = 0; k < key_time; ++k) mask(q, k) = std::abs(q - k) <= 1;
  }
  return mask;
}

/// Attention by the formula of the paper, one number after another, with W_q, ... as the layer has them.
Tensor<double, 3> naive_self_attention(MultiHeadAttention<double>& layer, const Tensor<double, 3>& x) {
  std::vector<Tensor<double, 2>> weights;
  std::vector<Tensor<double, 1>> biases;
  for_each_parameter(layer, [&](const Name&, auto& p) {
    if constexpr (std::remove_cvref_t<decltype(p.value)>::rank == 2) {
      weights.push_back(p.value);
    } else {
      biases.push_back(p.value);
    }
  });
  const Index time = x.dim(0), batch = x.dim(1), features = x.dim(2);
  const Index size = features / layer.options().num_heads;
  const auto projection = [&](Index part, Index t, Index n, Index column) {
    const Index row = part * features + column;
    double sum = biases[0][row];
    for (Index i = 0; i < features; ++i) sum += weights[0](row, i) * x(t, n, i);
    return sum;
  };
  Tensor<double, 3> seen(x.shape()), y(x.shape());
  for (Index n = 0; n < batch; ++n) {
    for (Index q = 0; q < time; ++q) {
      for (Index column = 0; column < features; ++column) {
        const Index begin = column / size * size;
        double sum = 0, mean = 0;
        for (Index k = 0; k < time; ++k) {
          double score = 0;
          for (Index i = begin; i < begin + size; ++i) score += projection(0, q, n, i) * projection(1, k, n, i);
          const double power = std::exp(score / std::sqrt(static_cast<double>(size)));
          sum += power;
          mean += power * projection(2, k, n, column);
        }
        seen(q, n, column) = mean / sum;
      }
      for (Index column = 0; column < features; ++column) {
        y(q, n, column) = biases[1][column];
        for (Index i = 0; i < features; ++i) y(q, n, column) += weights[1](column, i) * seen(q, n, i);
      }
    }
  }
  return y;
}

}  // namespace

TEST_CASE("multi-head attention agrees with its definition") {
  Rng rng(1);
  auto layer = random_heads<double>({.embed_dim = 6, .num_heads = 3}, rng);
  const auto x = random_tensor<double>(Shape{5, 2, 6}, rng);
  CHECK(relative_difference(layer.forward(x), naive_self_attention(layer, x)) <= 1e-12);
}

TEST_CASE_TEMPLATE("multi-head attention computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("transformer");
  check_golden_heads<T>(file, "self", {.embed_dim = 6, .num_heads = 2});
  check_golden_heads<T>(file, "self masked", {.embed_dim = 6, .num_heads = 3});
  check_golden_heads<T>(file, "self masked", {.embed_dim = 6, .num_heads = 3, .causal = true});
  check_golden_heads<T>(file, "self batch first", {.embed_dim = 6, .num_heads = 2, .bias = false, .batch_first = true});
  check_golden_heads<T>(file, "cross", {.embed_dim = 6, .num_heads = 2});
  check_golden_heads<T>(file, "cross other features", {.embed_dim = 6, .num_heads = 1, .kdim = 4, .vdim = 5});
  check_golden_heads<T>(file, "cross batch first", {.embed_dim = 6, .num_heads = 3, .batch_first = true});
}

TEST_CASE("a multi-head attention of PyTorch's is saved as it was loaded") {
  Rng rng(2);
  const SafetensorsFile file = fixture("transformer");
  check_state_dict_returns(file, "self/state/", MultiHeadAttention<double>({.embed_dim = 6, .num_heads = 2}, rng));
  check_state_dict_returns(file, "cross other features/state/",
                           MultiHeadAttention<double>({.embed_dim = 6, .num_heads = 1, .kdim = 4, .vdim = 5}, rng));
}

TEST_CASE("multi-head attention has PyTorch's parameters, which begin as PyTorch's") {
  using Names = std::vector<std::string>;
  CHECK(heads_names({.embed_dim = 4, .num_heads = 2}) ==
        Names{"in_proj_weight [12, 4]", "in_proj_bias [12]", "out_proj.weight [4, 4]", "out_proj.bias [4]"});
  CHECK(heads_names({.embed_dim = 4, .bias = false}) == Names{"in_proj_weight [12, 4]", "out_proj.weight [4, 4]"});
  CHECK(heads_names({.embed_dim = 4, .bias = false, .kdim = 4, .vdim = 3}) ==
        Names{"q_proj_weight [4, 4]", "k_proj_weight [4, 4]", "v_proj_weight [4, 3]", "out_proj.weight [4, 4]"});

  Rng rng(3);
  MultiHeadAttention<float> layer({.embed_dim = 50, .num_heads = 5}, rng);
  for_each_parameter(layer, [](const Name& name, auto& p) {
    CAPTURE(name.str());
    double largest = 0;
    for (const float value : p.value) largest = std::max(largest, std::abs(static_cast<double>(value)));
    const bool is_bias = p.value.shape().size() % 50 == 0 && p.value.rows() == 1;
    const double bound = is_bias ? 0 : name == "in_proj_weight" ? std::sqrt(6. / 200) : std::sqrt(1. / 50);
    CHECK(largest <= bound);
    CHECK(largest >= 0.99 * bound);
  });
}

TEST_CASE("self-attention's gradients agree with differences") {
  Rng rng(4);
  const auto check = [&](const MultiHeadAttentionOptions& options, const Shape<3>& shape,
                         const AttentionMasks& masks = {}) {
    CAPTURE(shape);
    check_gradients(SelfAttention<double>{random_heads<double>(options, rng), masks}, random_tensor<double>(shape, rng),
                    rng);
  };
  check({.embed_dim = 1}, {1, 1, 1});
  check({.embed_dim = 6, .num_heads = 2}, {4, 3, 6});
  check({.embed_dim = 6, .num_heads = 3, .bias = false, .batch_first = true}, {2, 5, 6});
  check({.embed_dim = 4, .num_heads = 2, .causal = true}, {5, 2, 4});
  check({.embed_dim = 4, .num_heads = 2}, {5, 3, 4}, {.keys = positions_within(std::vector<Index>{5, 0, 2}, 5)});
  check({.embed_dim = 4, .num_heads = 2, .batch_first = true, .causal = true}, {2, 4, 4},
        {.keys = positions_within(std::vector<Index>{4, 2}, 4), .pairs = neighbours_mask(4, 4)});
  check({.embed_dim = 6, .num_heads = 2, .dropout = 0.4}, {4, 3, 6});
}

TEST_CASE("gradients of attention to something else agree with differences") {
  Rng rng(5);
  check_cross({random_heads<double>({.embed_dim = 4, .num_heads = 2}, rng), {3, 2, 4}, {5, 2, 4}, {5, 2, 4}}, rng);
  check_cross({random_heads<double>({.embed_dim = 4, .num_heads = 2, .kdim = 3, .vdim = 5, .batch_first = true}, rng),
               {2, 3, 4},
               {2, 5, 3},
               {2, 5, 5},
               {.keys = positions_within(std::vector<Index>{1, 5}, 5), .pairs = neighbours_mask(3, 5)}},
              rng);
  check_cross(
      {random_heads<double>({.embed_dim = 4, .dropout = 0.3, .bias = false}, rng), {3, 2, 4}, {2, 2, 4}, {2, 2, 4}},
      rng);
}

TEST_CASE("self-attention is attention of a sequence to itself") {
  Rng rng(6);
  auto layer = random_heads<double>({.embed_dim = 6, .num_heads = 2, .causal = true}, rng);
  const auto x = random_tensor<double>(Shape{4, 3, 6}, rng);
  const auto dy = random_tensor<double>(x.shape(), rng);
  MultiHeadAttention<double>::Context self_context, context;
  CHECK(relative_difference(layer.forward(x, self_context), layer.forward(AttentionInput<double>{x, x, x}, context)) <=
        1e-14);
  const auto dx = layer.backward_self(dy, self_context);
  const auto parts = layer.backward(dy, context);
  Tensor<double, 3> sum = parts.queries;
  for (Index i = 0; i < sum.size(); ++i) sum[i] += parts.keys[i] + parts.values[i];
  CHECK(relative_difference(dx, sum) <= 1e-13);
}

TEST_CASE("sequences side by side give what sequences one after another give") {
  Rng rng(7);
  MultiHeadAttentionOptions options{.embed_dim = 6, .num_heads = 2};
  const auto steps = random_heads<float>(options, rng);
  options.batch_first = true;
  MultiHeadAttention<float> sequences(options, rng);
  for_each_parameter(sequences, [&](const Name& name, auto& to) {
    for_each_parameter(steps, [&](const Name& other, const auto& from) {
      if constexpr (std::is_same_v<decltype(to), std::remove_cvref_t<decltype(from)>&>) {
        if (name == other) to = from;
      }
    });
  });
  const auto x = random_tensor<float>(Shape{5, 3, 6}, rng);
  CHECK(permute(sequences.forward(permute(x, {1, 0, 2})), {1, 0, 2}) == steps.forward(x));
}

TEST_CASE("what is behind a mask changes nothing, and a query that may look nowhere gets the bias") {
  Rng rng(8);
  const auto layer = random_heads<double>({.embed_dim = 4, .num_heads = 2}, rng);
  auto x = random_tensor<double>(Shape{5, 2, 4}, rng);
  const AttentionInput<double> input{random_tensor<double>(Shape{3, 2, 4}, rng), x, x};
  const AttentionMasks masks{.keys = positions_within(std::vector<Index>{3, 0}, 5)};
  const auto y = layer.forward(input, masks);
  for (Index t = 3; t < 5; ++t) std::fill_n(x.row(t * 2), 4, 1e3);
  CHECK(layer.forward(AttentionInput<double>{input.queries, x, x}, masks) == y);
  visit_const(layer, [&](const Name& name, const auto& item) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, Parameter<double, 1>>) {
      if (name == "out_proj.bias") {
        for (Index t = 0; t < 3; ++t) CHECK(std::equal(item.value.begin(), item.value.end(), y.row(t * 2 + 1)));
      }
    }
  });
}

TEST_CASE("of causal attention, no step depends on a later one") {
  Rng rng(9);
  const auto layer = random_heads<float>({.embed_dim = 4, .num_heads = 2, .causal = true}, rng);
  auto x = random_tensor<float>(Shape{5, 2, 4}, rng);
  const auto before = layer.forward(x);
  std::fill_n(x.row(6), 16, 7.F);  // steps 3 and 4
  const auto after = layer.forward(x);
  CHECK(std::equal(before.begin(), before.begin() + 24, after.begin()));
  CHECK(before(3, 0, 0) != after(3, 0, 0));
}

TEST_CASE("multi-head attention gives the same bits in training, without dropout") {
  Rng rng(10);
  auto layer = random_heads<float>({.embed_dim = 24, .num_heads = 3}, rng);
  const auto x = random_tensor<float>(Shape{17, 5, 24}, rng);
  const AttentionInput<float> input{x, random_tensor<float>(Shape{9, 5, 24}, rng),
                                    random_tensor<float>(Shape{9, 5, 24}, rng)};
  MultiHeadAttention<float>::Context first, second;
  CHECK(layer.forward(x, first) == std::as_const(layer).forward(x));
  CHECK(layer.forward(input, second) == std::as_const(layer).forward(input));
}

TEST_CASE("dropout takes weights away in training alone, and the same in backward") {
  Rng rng(11);
  MultiHeadAttention<double> layer({.embed_dim = 1, .dropout = 0.5, .bias = false}, rng);
  for_each_parameter(layer, [](const Name&, auto& p) { p.value.fill(1); });
  const auto ones = Tensor<double, 3>::full({1, 1, 1}, 1);
  CHECK(std::as_const(layer).forward(ones)[0] == 1);
  int dropped = 0;
  for (int i = 0; i < 200; ++i) {
    MultiHeadAttention<double>::Context context;
    const double y = layer.forward(ones, context)[0];
    CHECK((y == 0 || y == 2));
    CHECK(layer.backward_self(ones, context)[0] == y);
    dropped += y == 0 ? 1 : 0;
  }
  CHECK(dropped > 60);
  CHECK(dropped < 140);
}

TEST_CASE("multi-head attention may be used twice in one model") {
  Rng rng(12);
  check_used_twice(SelfAttention<float>{random_heads<float>({.embed_dim = 4, .num_heads = 2}, rng)},
                   random_tensor<float>(Shape{5, 2, 4}, rng), random_tensor<float>(Shape{3, 1, 4}, rng));
}

TEST_CASE("a summary counts the work of self-attention") {
  Rng rng(13);
  const MultiHeadAttention<float> layer({.embed_dim = 8, .num_heads = 2}, rng);
  CHECK(layer.output_shape({5, 2, 8}) == Shape{5, 2, 8});
  CHECK(summary(layer, Shape{5, 2, 8}).multiply_adds() == 5 * 2 * (4 * 64) + 2 * (2 * 5 * 5 * 8));
}

TEST_CASE("multi-head attention names what does not fit") {
  Rng rng(14);
  using Heads = MultiHeadAttention<float>;
  CHECK_THROWS_WITH_AS(Heads({.embed_dim = 6, .num_heads = 4}, rng),
                       "multi_head_attention: cannot share 6 features out among 4 heads alike", OptionError);
  CHECK_THROWS_WITH_AS(Heads({}, rng), "multi_head_attention: cannot share 0 features out among 1 heads alike",
                       OptionError);
  CHECK_THROWS_WITH_AS(Heads({.embed_dim = 6, .kdim = 0}, rng),
                       "multi_head_attention: kdim is 0 and vdim 6, each must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(Heads({.embed_dim = 6, .dropout = 1}, rng), "dropout: the probability 1 is not in [0, 1)",
                       OptionError);

  Heads layer({.embed_dim = 4, .num_heads = 2}, rng);
  const auto x = [](Index time, Index batch, Index features) { return Tensor<float, 3>({time, batch, features}); };
  CHECK_THROWS_WITH_AS(layer.forward(x(5, 2, 3)),
                       "multi_head_attention: input of 3 features, the layer was made for 4 (input [5, 2, 3])",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward(x(0, 2, 4)), "multi_head_attention: the input [0, 2, 4] has no position",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward({x(3, 2, 4), x(5, 2, 3), x(5, 2, 4)}),
                       "multi_head_attention: keys of 3 features, the layer was made for 4 (keys [5, 2, 3])",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward({x(3, 2, 4), x(5, 3, 4), x(5, 2, 4)}),
                       "multi_head_attention: the keys [5, 3, 4] do not fit the queries [3, 2, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward({x(3, 2, 4), x(5, 2, 4), x(4, 2, 4)}),
                       "multi_head_attention: the values [4, 2, 4] do not fit the keys [5, 2, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward({x(3, 2, 4), x(0, 2, 4), x(0, 2, 4)}),
                       "multi_head_attention: the keys [0, 2, 4] have no position", ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward(x(5, 2, 4), {.keys = Tensor<bool, 2>({5, 2})}),
                       "multi_head_attention: the mask of keys [5, 2] is not [2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward(x(5, 2, 4), {.pairs = Tensor<bool, 2>({2, 5})}),
                       "multi_head_attention: the mask of pairs [2, 5] is not [5, 5]", ShapeError);
  const Heads others({.embed_dim = 4, .kdim = 3}, rng);
  CHECK_THROWS_WITH_AS(others.forward(x(5, 2, 4)),
                       "multi_head_attention: self-attention needs keys and values of 4 features, the layer was made "
                       "for 3 and 4",
                       ShapeError);

  Heads::Context context;
  layer.forward(x(5, 2, 4), context);
  CHECK_THROWS_WITH_AS(layer.backward_self(x(5, 2, 3), context),
                       "multi_head_attention: the gradient [5, 2, 3] does not fit the output [5, 2, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(layer.backward(x(5, 2, 4), context),
                       "multi_head_attention: the context is of self-attention; use backward_self", ShapeError);
  Heads one_head({.embed_dim = 4}, rng);
  CHECK_THROWS_WITH_AS(one_head.backward_self(x(5, 2, 4), context),
                       "multi_head_attention: the context has 2 heads of 4 features, the layer was made for 1 of 4",
                       ShapeError);
  Heads::Context cross;
  layer.forward({x(3, 2, 4), x(5, 2, 4), x(5, 2, 4)}, cross);
  CHECK_THROWS_WITH_AS(layer.backward_self(x(3, 2, 4), cross),
                       "multi_head_attention: the context is not of self-attention; use backward", ShapeError);
}
