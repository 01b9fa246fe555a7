#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/stepwise_attention.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr AdditiveAttentionOptions small_attention{.query_size = 3, .key_size = 4, .attention_size = 5};

/// Gives `to` the values of `from`, by name.
template <class From, class To>
void copy_attention_parameters(From& from, To& to) {
  for_each_parameter(from, [&](const Name& name, auto& parameter) {
    for_each_parameter(to, [&](const Name& other, auto& twin) {
      if constexpr (std::is_same_v<decltype(twin), decltype(parameter)>) {
        if (other.str() == name.str()) twin.value = parameter.value;
      }
    });
  });
}

}  // namespace

TEST_CASE("stepwise attention gives what additive attention gives, there and back") {
  Rng rng(1);
  StepwiseAttention<double> stepwise(small_attention, rng);
  AdditiveAttention<double> additive(small_attention, rng);
  copy_attention_parameters(stepwise, additive);
  const auto values = random_tensor<double>(Shape{2, 6, 4}, rng);
  const auto queries = random_tensor<double>(Shape{3, 3}, rng);
  const Tensor<Index, 1> items({3}, {1, 0, 1});

  const auto keys = stepwise.project_keys(values);
  const kernels::AttendedItems<double> attended{keys, values, items.data()};
  StepwiseAttention<double>::Context context;
  stepwise.begin(3, 6, context);
  auto output = Tensor<double, 2>::uninitialized({3, 4});
  stepwise.step(0, kernels::matrix(queries), attended, context, kernels::into(output));

  AdditiveAttention<double>::KeysContext keys_context;
  AdditiveAttention<double>::Context twin_context;
  const auto twin_keys = additive.project_keys(values, keys_context);
  const auto y = additive.forward(queries, twin_keys, values, {}, twin_context, {items.data(), 3});
  CHECK(relative_difference(output, y.output) < 1e-14);
  CHECK(relative_difference(context.weights, y.weights) < 1e-14);
  Tensor<double, 2> weights;
  auto looked = output;
  stepwise.look(queries, attended, weights, kernels::into(looked));
  CHECK(relative_difference(looked, y.output) < 1e-14);

  const auto d_output = random_tensor<double>(output.shape(), rng);
  Tensor<double, 2> d_queries(queries.shape());
  Tensor<double, 3> d_values(values.shape());
  const kernels::RowsByItem rows_of_items(items, 2);
  auto gradients = stepwise.begin_backward(context, keys.shape());
  stepwise.step_backward(0, kernels::matrix(d_output), attended, rows_of_items, context, gradients,
                         kernels::into(d_queries));
  stepwise.end_backward(kernels::matrix(queries), values, gradients, d_values);

  Tensor<double, 3> d_twin_keys(keys.shape());
  Tensor<double, 3> d_twin_values(values.shape());
  const auto d_twin_queries =
      additive.backward({d_output}, twin_keys, values, twin_context, d_twin_keys, d_twin_values);
  CHECK(relative_difference(d_queries, d_twin_queries) < 1e-13);
  CHECK(relative_difference(d_values, additive.backward_keys(d_twin_keys, keys_context)) < 1e-13);
  for_each_parameter(stepwise, [&](const Name& name, auto& parameter) {
    CAPTURE(name.str());
    for_each_parameter(additive, [&](const Name& other, auto& twin) {
      if constexpr (std::is_same_v<decltype(twin), decltype(parameter)>) {
        if (other.str() == name.str()) CHECK(relative_difference(parameter.gradient, twin.gradient) < 1e-13);
      }
    });
  });
}

TEST_CASE("a position of its own is one more that only its query sees") {
  Rng rng(2);
  const StepwiseAttention<double> attention(small_attention, rng);
  const auto values = random_tensor<double>(Shape{1, 2, 4}, rng);
  const auto queries = random_tensor<double>(Shape{2, 3}, rng);
  const auto own = random_tensor<double>(Shape{1, 2, 4}, rng);  // one a query
  const auto own_keys = attention.project_keys(own);
  const std::vector<Index> items{0, 0};
  const auto keys = attention.project_keys(values);
  Tensor<double, 2> weights;
  auto found = Tensor<double, 2>::uninitialized({2, 4});
  attention.look(queries, {keys, values, items.data(), own_keys.data(), own.data()}, weights, kernels::into(found));
  REQUIRE(weights.shape() == Shape<2>{2, 3});

  for (Index r = 0; r < 2; ++r) {  // the same with an image of three positions
    auto whole = Tensor<double, 3>::uninitialized({1, 3, 4});
    std::copy(values.begin(), values.end(), whole.data());
    std::copy_n(own.row(r), 4, whole.row(2));
    auto query = Tensor<double, 2>::uninitialized({1, 3});
    std::copy_n(queries.row(r), 3, query.data());
    const auto whole_keys = attention.project_keys(whole);
    Tensor<double, 2> expected_weights;
    auto expected = Tensor<double, 2>::uninitialized({1, 4});
    attention.look(query, {whole_keys, whole, items.data()}, expected_weights, kernels::into(expected));
    for (Index p = 0; p < 3; ++p) CHECK(weights(r, p) == doctest::Approx(expected_weights[p]).epsilon(1e-12));
    for (Index i = 0; i < 4; ++i) CHECK(found(r, i) == doctest::Approx(expected[i]).epsilon(1e-12));
  }
}

TEST_CASE("stepwise attention names sizes that it cannot have") {
  Rng rng(3);
  CHECK(error_of<OptionError>([&] { StepwiseAttention<float>({.query_size = 3, .key_size = 4}, rng); }) ==
        "stepwise_attention: cannot compare queries of 3 features with keys of 4 over 0, each must be at least 1");
}
