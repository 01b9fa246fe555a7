#include <cmath>

#include <doctest/doctest.h>

#include <pupil/kernels/attention/additive_score.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("the additive score and its gradient agree with their definitions", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
  Rng rng(1);
  for (const Index size : {1, 15, 16, 17, 100}) {
    CAPTURE(size);
    const auto v = random_tensor<T>(Shape{size}, rng);
    const auto key = random_tensor<T>(Shape{size}, rng);
    const auto query = random_tensor<T>(Shape{size}, rng);
    const T d = rng.normal<T>();
    const auto before = random_tensor<T>(Shape{size}, rng);

    double score = 0;
    auto d_sum = before;
    auto d_v = before;
    for (Index i = 0; i < size; ++i) {
      const T t = std::tanh(key[i] + query[i]);
      score += static_cast<double>(v[i] * t);
      d_sum[i] += d * v[i] * (1 - t * t);
      d_v[i] += d * t;
    }
    CHECK(static_cast<double>(kernels::additive_score(v.data(), key.data(), query.data(), size)) ==
          doctest::Approx(score).epsilon(10 * tolerance));
    auto key_gradient = before;
    auto query_gradient = before;
    auto v_gradient = before;
    kernels::additive_score_backward(d, v.data(), key.data(), query.data(), size,
                                     {key_gradient.data(), query_gradient.data(), v_gradient.data()});
    CHECK(relative_difference(key_gradient, d_sum) < tolerance);
    CHECK(query_gradient == key_gradient);
    CHECK(relative_difference(v_gradient, d_v) < tolerance);
  }
}
