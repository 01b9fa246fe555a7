#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/length_mask.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/split_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

struct AdditiveSizes {
  Index batch, positions, query, key, value, attention;
};

AdditiveAttentionOptions options_of(const AdditiveSizes& sizes) {
  return {.query_size = sizes.query, .key_size = sizes.key, .attention_size = sizes.attention};
}

/// Keys, values, and the queries of two steps.
template <class T>
struct Input {
  Tensor<T, 3> keys, values;
  std::array<Tensor<T, 2>, 2> queries;
};

template <class T>
Input<T> random_additive_input(const AdditiveSizes& sizes, Rng& rng) {
  return {
      random_tensor<T>(Shape{sizes.batch, sizes.positions, sizes.key}, rng),
      random_tensor<T>(Shape{sizes.batch, sizes.positions, sizes.value}, rng),
      {random_tensor<T>(Shape{sizes.batch, sizes.query}, rng), random_tensor<T>(Shape{sizes.batch, sizes.query}, rng)}};
}

/// A decoder of two steps over the same keys: there and back.
template <class T>
struct TwoSteps {
  struct Context {
    typename AdditiveAttention<T>::KeysContext keys;
    Tensor<T, 3> projected_keys, values;
    std::array<typename AdditiveAttention<T>::Context, 2> steps;
  };
  AdditiveAttention<T> attention;
  Tensor<bool, 2> mask;

  std::array<AdditiveAttentionOutput<T>, 2> forward(const Input<T>& input, Context& context) {
    context.projected_keys = attention.project_keys(input.keys, context.keys);
    context.values = input.values;
    const auto step = [&](std::size_t i) {
      return attention.forward(input.queries[i], context.projected_keys, context.values, mask, context.steps[i]);
    };
    auto first = step(0);
    return {std::move(first), step(1)};
  }

  Input<T> backward(const std::array<AdditiveAttentionOutput<T>, 2>& dy, const Context& context) {
    Tensor<T, 3> d_projected(context.projected_keys.shape());
    Input<T> dx{{}, Tensor<T, 3>(context.values.shape()), {}};
    for (const std::size_t i : {1U, 0U}) {
      dx.queries[i] =
          attention.backward(dy[i], context.projected_keys, context.values, context.steps[i], d_projected, dx.values);
    }
    dx.keys = attention.backward_keys(d_projected, context.keys);
    return dx;
  }
};

template <class T>
Tensor<T, 1> joined_input(const Input<T>& input) {
  return joined(input.keys, input.values, input.queries[0], input.queries[1]);
}

/// TwoSteps as a layer of one tensor: outputs and weights of both steps.
struct JoinedTwoSteps {
  using Context = TwoSteps<double>::Context;
  AdditiveSizes sizes;
  TwoSteps<double> steps;

  Tensor<double, 1> forward(const Tensor<double, 1>& x, Context& context) {
    TensorSplitter<double> parts(x);
    Input<double> input;
    input.keys = parts.take(Shape{sizes.batch, sizes.positions, sizes.key});
    input.values = parts.take(Shape{sizes.batch, sizes.positions, sizes.value});
    for (auto& queries : input.queries) queries = parts.take(Shape{sizes.batch, sizes.query});
    const auto y = steps.forward(input, context);
    return joined(y[0].output, y[0].weights, y[1].output, y[1].weights);
  }

  Tensor<double, 1> backward(const Tensor<double, 1>& dy, const Context& context) {
    TensorSplitter<double> parts(dy);
    std::array<AdditiveAttentionOutput<double>, 2> gradients;
    for (auto& gradient : gradients) {
      gradient.output = parts.take(Shape{sizes.batch, sizes.value});
      gradient.weights = parts.take(Shape{sizes.batch, sizes.positions});
    }
    return joined_input(steps.backward(gradients, context));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    steps.attention.visit(visitor, name);
  }
};

}  // namespace

TEST_CASE("additive attention agrees with its definition") {
  Rng rng(1);
  const AdditiveSizes sizes{2, 5, 3, 4, 2, 19};
  AdditiveAttention<double> attention(options_of(sizes), rng);
  const auto input = random_additive_input<double>(sizes, rng);
  Tensor<double, 2> key_weight, query_weight, score_weight;
  Tensor<double, 1> query_bias;
  for_each_parameter(attention, [&](const Name& name, auto& parameter) {
    if constexpr (std::is_same_v<decltype(parameter.value), Tensor<double, 2>>) {
      if (name.str() == "key.weight") key_weight = parameter.value;
      if (name.str() == "query.weight") query_weight = parameter.value;
      if (name.str() == "score.weight") score_weight = parameter.value;
    } else if (name.str() == "query.bias") {
      query_bias = parameter.value;
    }
  });
  const auto y = attention.forward(input.queries[0], attention.project_keys(input.keys), input.values);
  for (Index n = 0; n < 2; ++n) {
    std::array<double, 5> powers{};
    double sum = 0;
    for (Index p = 0; p < 5; ++p) {
      double score = 0;
      for (Index a = 0; a < 19; ++a) {
        double inside = query_bias[a];
        for (Index i = 0; i < 4; ++i) inside += key_weight(a, i) * input.keys(n, p, i);
        for (Index i = 0; i < 3; ++i) inside += query_weight(a, i) * input.queries[0](n, i);
        score += score_weight(0, a) * std::tanh(inside);
      }
      sum += powers[static_cast<std::size_t>(p)] = std::exp(score);
    }
    std::array<double, 2> expected{};
    for (Index p = 0; p < 5; ++p) {
      const double weight = powers[static_cast<std::size_t>(p)] / sum;
      CHECK(y.weights(n, p) == doctest::Approx(weight).epsilon(1e-12));
      for (Index v = 0; v < 2; ++v) expected[static_cast<std::size_t>(v)] += weight * input.values(n, p, v);
    }
    for (Index v = 0; v < 2; ++v) {
      CHECK(y.output(n, v) == doctest::Approx(expected[static_cast<std::size_t>(v)]).epsilon(1e-12));
    }
  }
}

TEST_CASE_TEMPLATE("additive attention computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("attention");
  const auto check = [&](const std::string& name, const Tensor<bool, 2>& mask) {
    Rng rng(2);
    TwoSteps<T> steps{AdditiveAttention<T>({.query_size = 4, .key_size = 6, .attention_size = 7}, rng), mask};
    load_state_dict(file, steps.attention, name + "/state/");
    const Input<T> input{file.read<T, 3>(name + "/keys"),
                         file.read<T, 3>(name + "/values"),
                         {file.read<T, 2>(name + "/query0"), file.read<T, 2>(name + "/query1")}};
    typename TwoSteps<T>::Context context;
    const auto y = steps.forward(input, context);
    std::array<AdditiveAttentionOutput<T>, 2> dy;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string step = name + "/step" + std::to_string(i);
      check_golden_tensor(file, step + "/output", y[i].output);
      check_golden_tensor(file, step + "/weights", y[i].weights);
      dy[i] = {file.read<T, 2>(step + "/d_output"), file.read<T, 2>(step + "/d_weights")};
    }
    const auto dx = steps.backward(dy, context);
    check_golden_tensor(file, name + "/keys.grad", dx.keys);
    check_golden_tensor(file, name + "/values.grad", dx.values);
    check_golden_tensor(file, name + "/query0.grad", dx.queries[0]);
    check_golden_tensor(file, name + "/query1.grad", dx.queries[1]);
    check_golden_gradients(file, name, steps.attention);
  };
  check("additive", {});
  check("additive_lengths", positions_within(std::vector<Index>{2, 5, 1}, 5));
}

TEST_CASE("additive attention gradients agree with differences") {
  Rng rng(3);
  const auto check = [&](const AdditiveSizes& sizes, const Tensor<bool, 2>& mask) {
    const auto x = joined_input(random_additive_input<double>(sizes, rng));
    check_gradients(JoinedTwoSteps{sizes, {AdditiveAttention<double>(options_of(sizes), rng), mask}}, x, rng);
  };
  check({1, 1, 1, 1, 1, 1}, {});
  check({3, 5, 2, 4, 3, 17}, {});
  check({3, 5, 2, 4, 1, 7}, positions_within(std::vector<Index>{5, 0, 2}, 5));
}

TEST_CASE("without a gradient of the weights they have none") {
  Rng rng(4);
  const AdditiveSizes sizes{2, 3, 4, 5, 6, 7};
  TwoSteps<double> steps{AdditiveAttention<double>(options_of(sizes), rng), {}};
  TwoSteps<double>::Context context;
  const auto y = steps.forward(random_additive_input<double>(sizes, rng), context);
  const Tensor<double, 2> zeros(y[0].weights.shape());
  const auto with = steps.backward({{{y[0].output, zeros}, {y[1].output, zeros}}}, context);
  const auto without = steps.backward({{{y[0].output}, {y[1].output}}}, context);
  CHECK(joined_input(with) == joined_input(without));
}

TEST_CASE("padding is not read, and an item that is all padding gets zeros") {
  Rng rng(5);
  const AdditiveSizes sizes{2, 4, 3, 3, 5, 6};
  TwoSteps<float> steps{AdditiveAttention<float>(options_of(sizes), rng),
                        positions_within(std::vector<Index>{3, 0}, 4)};
  auto input = random_additive_input<float>(sizes, rng);
  for (const Index row : {3, 4, 5, 6, 7}) {
    std::fill_n(input.values.row(row), 5, std::numeric_limits<float>::quiet_NaN());
  }
  TwoSteps<float>::Context context;
  const auto y = steps.forward(input, context);
  for (Index v = 0; v < 5; ++v) {
    CHECK(std::isfinite(y[0].output(0, v)));
    CHECK(y[0].output(1, v) == 0);
  }
  CHECK(y[0].weights(0, 3) == 0);
  const auto dx = joined_input(steps.backward(y, context));
  for (const float gradient : dx) CHECK(std::isfinite(gradient));
}

TEST_CASE("queries that share an item get what they get from copies of it, there and back") {
  Rng rng(7);
  const AdditiveSizes sizes{3, 4, 3, 5, 2, 6};
  AdditiveAttention<double> attention(options_of(sizes), rng);
  const auto input = random_additive_input<double>(sizes, rng);
  const auto mask = positions_within(std::vector<Index>{4, 2, 3}, 4);
  const std::vector<Index> items{2, 0, 2, 2};  // item 1 has no query
  const auto queries = random_tensor<double>(Shape{4, 3}, rng);
  const auto copies_of = [&](const auto& tensor) {
    auto shape = tensor.shape();
    const Index size = tensor.size() / shape[0];
    shape[0] = 4;
    auto copies = std::remove_cvref_t<decltype(tensor)>::uninitialized(shape);
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::copy_n(tensor.data() + items[i] * size, size, copies.data() + static_cast<Index>(i) * size);
    }
    return copies;
  };
  const auto projected = std::as_const(attention).project_keys(input.keys);
  auto of_copies = attention;
  AdditiveAttention<double>::Context context, context_of_copies;
  const auto y = attention.forward(queries, projected, input.values, mask, context, items);
  const auto expected =
      of_copies.forward(queries, copies_of(projected), copies_of(input.values), copies_of(mask), context_of_copies);
  CHECK(y.output == expected.output);
  CHECK(y.weights == expected.weights);
  CHECK(std::as_const(attention).forward(queries, projected, input.values, mask, items).output == y.output);

  Tensor<double, 3> d_projected(projected.shape());
  Tensor<double, 3> d_values(input.values.shape());
  Tensor<double, 3> d_projected_copies({4, 4, 6});
  Tensor<double, 3> d_value_copies({4, 4, 2});
  const AdditiveAttentionOutput<double> dy{random_tensor<double>(Shape{4, 2}, rng),
                                           random_tensor<double>(Shape{4, 4}, rng)};
  const auto d_queries = attention.backward(dy, projected, input.values, context, d_projected, d_values);
  CHECK(d_queries == of_copies.backward(dy, copies_of(projected), copies_of(input.values), context_of_copies,
                                        d_projected_copies, d_value_copies));
  const auto check_sums = [&](const Tensor<double, 3>& actual, const Tensor<double, 3>& copies) {
    Tensor<double, 3> sums(actual.shape());
    const Index size = actual.size() / 3;
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (Index j = 0; j < size; ++j) sums[items[i] * size + j] += copies[static_cast<Index>(i) * size + j];
    }
    CHECK(relative_difference(actual, sums) < 1e-14);
  };
  check_sums(d_projected, d_projected_copies);
  check_sums(d_values, d_value_copies);
}

TEST_CASE("additive attention in inference gives what training gives") {
  Rng rng(6);
  const AdditiveSizes sizes{2, 3, 4, 5, 6, 7};
  TwoSteps<float> steps{AdditiveAttention<float>(options_of(sizes), rng), {}};
  const auto input = random_additive_input<float>(sizes, rng);
  TwoSteps<float>::Context context;
  const auto y = steps.forward(input, context);
  const auto& inference = std::as_const(steps.attention);
  const auto projected = inference.project_keys(input.keys);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto inferred = inference.forward(input.queries[i], projected, input.values);
    CHECK(inferred.output == y[i].output);
    CHECK(inferred.weights == y[i].weights);
  }
}

TEST_CASE("additive attention names what does not fit") {
  Rng rng(8);
  AdditiveAttention<float> attention({.query_size = 3, .key_size = 4, .attention_size = 5}, rng);
  const Tensor<float, 2> queries({2, 3});
  const Tensor<float, 3> projected({2, 6, 5});
  const Tensor<float, 3> values({2, 6, 7});
  CHECK_THROWS_WITH_AS(attention.project_keys(Tensor<float, 3>({2, 6, 3})),
                       "dense: input has 3 features, the layer was made for 4 (input [2, 6, 3])", ShapeError);
  CHECK_THROWS_WITH_AS(
      attention.forward(queries, Tensor<float, 3>({2, 6, 4}), values),
      "additive_attention: the projected keys [2, 6, 4] are not [2, 6, 5] (2 queries, values [2, 6, 7])", ShapeError);
  CHECK_THROWS_WITH_AS(attention.forward(queries, projected, Tensor<float, 3>({3, 6, 7})),
                       "additive_attention: the values [3, 6, 7] do not fit 2 queries", ShapeError);
  CHECK_THROWS_WITH_AS(attention.forward(queries, projected, values, Tensor<bool, 2>({6, 2})),
                       "additive_attention: the mask [6, 2] is not [2, 6]", ShapeError);
  CHECK_THROWS_WITH_AS(attention.forward(queries, projected, values, {}, std::vector<Index>{0, 1, 1}),
                       "additive_attention: 3 items for 2 queries", ShapeError);
  CHECK_THROWS_WITH_AS(attention.forward(queries, projected, values, {}, std::vector<Index>{0, 2}),
                       "additive_attention: there is no item 2, there are 2", IndexError);
  AdditiveAttention<float>::Context context;
  attention.forward(queries, projected, values, {}, context);
  Tensor<float, 3> d_projected({2, 6, 5});
  Tensor<float, 3> d_values({2, 6, 7});
  const auto backward = [&](const AdditiveAttentionOutput<float>& dy) {
    attention.backward(dy, projected, values, context, d_projected, d_values);
  };
  CHECK_THROWS_WITH_AS(backward({Tensor<float, 2>({2, 6})}),
                       "additive_attention: the gradient [2, 6] does not fit the output [2, 7]", ShapeError);
  CHECK_THROWS_WITH_AS(backward({Tensor<float, 2>({2, 7}), Tensor<float, 2>({2, 5})}),
                       "additive_attention: the gradient [2, 5] does not fit the weights [2, 6]", ShapeError);
  d_values = Tensor<float, 3>({2, 6, 5});
  CHECK_THROWS_WITH_AS(backward({Tensor<float, 2>({2, 7})}),
                       "additive_attention: the gradient [2, 6, 5] does not fit the values [2, 6, 7]", ShapeError);
  CHECK_THROWS_WITH_AS(
      AdditiveAttention<float>({.query_size = 3, .key_size = 4}, rng),
      "additive_attention: cannot compare queries of 3 features with keys of 4 over 0, each must be at least 1",
      OptionError);
}
