#pragma once
// A layer used twice in one model, with two contexts.

#include <type_traits>

#include <doctest/doctest.h>

#include <pupil/nn/parameter.hpp>

#include "random_tensor.hpp"

namespace pupil::testing {

/// Checks that a layer which is applied to both inputs before either backward gives the dx that two layers give, and
/// the sum of their gradients.
template <class Layer, class Input>
void check_used_twice(const Layer& layer, const Input& first, const Input& second) {
  Layer shared = layer;
  typename Layer::Context first_context;
  typename Layer::Context second_context;
  const auto first_y = shared.forward(first, first_context);
  const auto second_y = shared.forward(second, second_context);
  zero_gradients(shared);
  const auto second_dx = shared.backward(second_y, second_context);
  const auto first_dx = shared.backward(first_y, first_context);

  Layer separate = layer;
  zero_gradients(separate);
  const auto check_alone = [&](const Input& x, const auto& y, const auto& dx) {
    typename Layer::Context context;
    CHECK(separate.forward(x, context) == y);
    CHECK(separate.backward(y, context) == dx);
  };
  check_alone(second, second_y, second_dx);
  check_alone(first, first_y, first_dx);
  for_each_parameter(shared, [&](const Name& name, auto& expected) {
    for_each_parameter(separate, [&](const Name& other, auto& actual) {
      if constexpr (std::is_same_v<decltype(actual), decltype(expected)>) {
        if (other.str() == name.str()) CHECK(actual.gradient == expected.gradient);
      }
    });
  });
}

}  // namespace pupil::testing
