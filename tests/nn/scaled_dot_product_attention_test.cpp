#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/split_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

struct DotProductSizes {
  Index batch, query_time, key_time, features, value_features;
};

template <class T>
AttentionInput<T> split(const Tensor<T, 1>& flat, const DotProductSizes& sizes) {
  TensorSplitter<T> parts(flat);
  auto queries = parts.take(Shape{sizes.batch, sizes.query_time, sizes.features});
  auto keys = parts.take(Shape{sizes.batch, sizes.key_time, sizes.features});
  auto values = parts.take(Shape{sizes.batch, sizes.key_time, sizes.value_features});
  return {std::move(queries), std::move(keys), std::move(values)};
}

template <class T>
AttentionInput<T> random_dot_product_input(const DotProductSizes& sizes, Rng& rng) {
  const Index count =
      sizes.batch * (sizes.query_time * sizes.features + sizes.key_time * (sizes.features + sizes.value_features));
  return split(random_tensor<T>(Shape{count}, rng), sizes);
}

/// Attention as a layer of one tensor.
template <std::size_t MaskRank>
struct JoinedAttention {
  using Context = ScaledDotProductAttention<double>::Context;
  DotProductSizes sizes;
  Tensor<bool, MaskRank> mask;

  Tensor<double, 3> forward(const Tensor<double, 1>& x, Context& context) const {
    return ScaledDotProductAttention<double>().forward(split(x, sizes), mask, context);
  }
  Tensor<double, 1> backward(const Tensor<double, 3>& dy, const Context& context) const {
    const auto dx = ScaledDotProductAttention<double>().backward(dy, context);
    return joined(dx.queries, dx.keys, dx.values);
  }
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}
};

template <std::size_t MaskRank>
void check_joined(const DotProductSizes& sizes, const Tensor<bool, MaskRank>& mask, Rng& rng) {
  const auto input = random_dot_product_input<double>(sizes, rng);
  check_gradients(JoinedAttention<MaskRank>{sizes, mask}, joined(input.queries, input.keys, input.values), rng);
}

/// Query t may look at keys 0 to t + 1.
Tensor<bool, 3> causal_mask(const Shape<3>& shape) {
  auto mask = Tensor<bool, 3>::uninitialized(shape);
  for (Index i = 0; i < mask.size(); ++i) mask[i] = i % shape[2] <= i / shape[2] % shape[1] + 1;
  return mask;
}

}  // namespace

TEST_CASE("attention is a mean of the values, weighted by how queries and keys agree") {
  const double scale = std::sqrt(2.);  // so that the scores are ln 3 and 0
  const AttentionInput<double> input{Tensor<double, 3>({1, 1, 2}, {scale, 0}),
                                     Tensor<double, 3>({1, 2, 2}, {std::log(3), 7, 0, 7}),
                                     Tensor<double, 3>({1, 2, 1}, {8, 16})};
  const ScaledDotProductAttention<double> attention;
  CHECK(attention.forward(input)[0] == doctest::Approx(0.75 * 8 + 0.25 * 16));
  CHECK(attention.forward(input, Tensor<bool, 2>({1, 2}, {false, true}))[0] == doctest::Approx(16));
}

TEST_CASE("attention agrees with its definition") {
  Rng rng(1);
  const DotProductSizes sizes{2, 3, 19, 5, 4};
  const auto input = random_dot_product_input<double>(sizes, rng);
  const auto y = ScaledDotProductAttention<double>().forward(input);
  for (Index n = 0; n < 2; ++n) {
    for (Index q = 0; q < 3; ++q) {
      double sum = 0;
      std::vector<double> expected(4);
      for (Index k = 0; k < 19; ++k) {
        double score = 0;
        for (Index i = 0; i < 5; ++i) score += input.queries(n, q, i) * input.keys(n, k, i);
        const double power = std::exp(score / std::sqrt(5.));
        sum += power;
        for (Index v = 0; v < 4; ++v) expected[static_cast<std::size_t>(v)] += power * input.values(n, k, v);
      }
      for (Index v = 0; v < 4; ++v) {
        CHECK(y(n, q, v) == doctest::Approx(expected[static_cast<std::size_t>(v)] / sum).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE_TEMPLATE("attention computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("attention");
  const auto check = [&](const std::string& name, const auto& mask) {
    const auto read = [&](const char* part) { return file.read<T, 3>(name + "/" + part); };
    const AttentionInput<T> input{read("queries"), read("keys"), read("values")};
    const ScaledDotProductAttention<T> attention;
    typename ScaledDotProductAttention<T>::Context context;
    check_golden_tensor(file, name + "/output", attention.forward(input, mask, context));
    check_golden_tensor(file, name + "/output", attention.forward(input, mask));
    const auto dx = attention.backward(read("cotangent"), context);
    check_golden_tensor(file, name + "/queries.grad", dx.queries);
    check_golden_tensor(file, name + "/keys.grad", dx.keys);
    check_golden_tensor(file, name + "/values.grad", dx.values);
  };
  check("dot_product", Tensor<bool, 2>());
  check("dot_product_lengths", positions_within(std::vector<Index>{4, 0}, 5));
  check("dot_product_causal", causal_mask({2, 3, 5}));
}

TEST_CASE("attention gradients agree with differences") {
  Rng rng(2);
  check_joined({1, 1, 1, 1, 1}, Tensor<bool, 2>(), rng);
  check_joined({3, 2, 5, 4, 7}, Tensor<bool, 2>(), rng);
  check_joined({3, 2, 5, 4, 1}, positions_within(std::vector<Index>{5, 0, 1}, 5), rng);
  check_joined({2, 4, 3, 5, 2}, causal_mask({2, 4, 3}), rng);
}

TEST_CASE("a query that may look nowhere gets zeros, not NaN, and gives no gradient") {
  Rng rng(3);
  const auto input = random_dot_product_input<float>({2, 2, 3, 4, 5}, rng);
  const ScaledDotProductAttention<float> attention;
  ScaledDotProductAttention<float>::Context context;
  const auto y = attention.forward(input, positions_within(std::vector<Index>{0, 3}, 3), context);
  const auto dx = attention.backward(random_tensor<float>(y.shape(), rng), context);
  for (Index i = 0; i < 10; ++i) CHECK(y[i] == 0);
  for (Index i = 0; i < 8; ++i) CHECK(dx.queries[i] == 0);
  for (Index i = 0; i < 12; ++i) CHECK(dx.keys[i] == 0);
  for (Index i = 0; i < 15; ++i) CHECK(dx.values[i] == 0);
  for (Index i = 10; i < 20; ++i) CHECK(y[i] != 0);
}

TEST_CASE("keys behind the mask change nothing") {
  Rng rng(4);
  auto input = random_dot_product_input<double>({1, 2, 5, 3, 2}, rng);
  const auto mask = positions_within(std::vector<Index>{3}, 5);
  const ScaledDotProductAttention<double> attention;
  const auto before = attention.forward(input, mask);
  for (Index k = 3; k < 5; ++k) {
    std::fill_n(input.keys.row(k), 3, 1e30);
    std::fill_n(input.values.row(k), 2, -1e30);
  }
  CHECK(attention.forward(input, mask) == before);
}

TEST_CASE("attention in inference gives what training gives, and two contexts stay apart") {
  Rng rng(5);
  const auto input = random_dot_product_input<float>({2, 3, 4, 5, 6}, rng);
  const auto dy = random_tensor<float>(Shape{2, 3, 6}, rng);
  const ScaledDotProductAttention<float> attention;
  ScaledDotProductAttention<float>::Context first;
  ScaledDotProductAttention<float>::Context second;
  CHECK(attention.forward(input) == attention.forward(input, first));
  const auto alone = attention.backward(dy, first);
  attention.forward(random_dot_product_input<float>({1, 3, 2, 5, 6}, rng), second);
  CHECK(attention.backward(dy, first).queries == alone.queries);
}

TEST_CASE("attention names what does not fit") {
  const ScaledDotProductAttention<float> attention;
  const auto input = [](const Shape<3>& queries, const Shape<3>& keys, const Shape<3>& values) {
    return AttentionInput<float>{Tensor<float, 3>(queries), Tensor<float, 3>(keys), Tensor<float, 3>(values)};
  };
  CHECK_THROWS_WITH_AS(attention.forward(input({2, 3, 4}, {2, 5, 3}, {2, 5, 1})),
                       "scaled_dot_product_attention: the keys [2, 5, 3] do not fit the queries [2, 3, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(attention.forward(input({2, 3, 4}, {2, 5, 4}, {2, 4, 1})),
                       "scaled_dot_product_attention: the values [2, 4, 1] do not fit the keys [2, 5, 4]", ShapeError);
  const auto fitting = input({2, 3, 4}, {2, 5, 4}, {2, 5, 1});
  CHECK_THROWS_WITH_AS(attention.forward(fitting, Tensor<bool, 2>({2, 3})),
                       "scaled_dot_product_attention: the mask [2, 3] is not [2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(attention.forward(fitting, Tensor<bool, 3>({2, 5, 3})),
                       "scaled_dot_product_attention: the mask [2, 5, 3] is not [2, 3, 5]", ShapeError);
  ScaledDotProductAttention<float>::Context context;
  attention.forward(fitting, context);
  CHECK_THROWS_WITH_AS(attention.backward(Tensor<float, 3>({2, 3, 4}), context),
                       "scaled_dot_product_attention: the gradient [2, 3, 4] does not fit the output [2, 3, 1]",
                       ShapeError);
}
