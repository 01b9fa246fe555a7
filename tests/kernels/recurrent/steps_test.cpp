#include <doctest/doctest.h>

#include <pupil/kernels/recurrent/steps.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("the recurrent products are those with the weight and its transpose, for few rows and many", T,
                   float, double) {
  Rng rng(1);
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;
  const auto weight = random_tensor<T>(Shape{12, 5}, rng);
  for (const Index batch : {Index{1}, few_rows, few_rows + 1, Index{40}}) {
    CAPTURE(batch);
    const auto states = random_tensor<T>(Shape{batch, 5}, rng);
    Tensor<T, 2> gates({batch, 12});
    with_recurrent_product(weight, {}, batch, [&](const auto& multiply) { multiply(matrix(states), into(gates)); });
    Tensor<T, 2> d_states({batch, 5});
    with_recurrent_gradient_product(weight, [&](const auto& multiply) { multiply(matrix(gates), into(d_states)); });

    Tensor<T, 2> expected({batch, 12});
    Tensor<T, 2> d_expected({batch, 5});
    for (Index r = 0; r < batch; ++r) {
      for (Index j = 0; j < 12; ++j) {
        for (Index k = 0; k < 5; ++k) expected(r, j) += states(r, k) * weight(j, k);
        for (Index k = 0; k < 5; ++k) d_expected(r, k) += expected(r, j) * weight(j, k);
      }
    }
    CHECK(relative_difference(gates, expected) < tolerance);
    CHECK(relative_difference(d_states, d_expected) < tolerance);
  }
}
