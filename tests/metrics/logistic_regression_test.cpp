#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/metrics/logistic_regression.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

struct LabelledRows {
  Tensor<double, 2> rows;
  std::vector<bool> labels;
};

/// Three numbers of unlike scales; the labels are drawn with the log odds 2 x0 - x1 / 50 - 1.
LabelledRows drawn_rows(Index count, std::uint64_t seed) {
  Rng rng(seed);
  LabelledRows drawn{Tensor<double, 2>({count, Index{3}}), {}};
  for (Index i = 0; i < count; ++i) {
    drawn.rows(i, 0) = rng.uniform(-2.0, 2.0);
    drawn.rows(i, 1) = 300 + rng.uniform(-100.0, 100.0);
    drawn.rows(i, 2) = rng.uniform(0.0, .001);
    const double log_odds = 2 * drawn.rows(i, 0) - drawn.rows(i, 1) / 50 + 5;
    drawn.labels.push_back(rng.uniform(0.0, 1.0) < 1 / (1 + std::exp(-log_odds)));
  }
  return drawn;
}

/// The same fit by many small steps downhill.
LogisticRegression slow_fit(const LabelledRows& drawn, double ridge) {
  const Index count = drawn.rows.rows();
  std::vector<double> mean(3), scale(3), weights(3);
  for (Index j = 0; j < 3; ++j) {
    const auto at = static_cast<std::size_t>(j);
    for (Index i = 0; i < count; ++i) mean[at] += drawn.rows(i, j) / static_cast<double>(count);
    double variance = 0;
    for (Index i = 0; i < count; ++i) variance += std::pow(drawn.rows(i, j) - mean[at], 2) / static_cast<double>(count);
    scale[at] = std::sqrt(variance);
  }
  double bias = 0;
  for (int step = 0; step < 20'000; ++step) {
    std::vector<double> slope(3);
    double bias_slope = 0;
    for (std::size_t j = 0; j < 3; ++j) slope[j] = ridge * weights[j];
    for (Index i = 0; i < count; ++i) {
      double z = bias;
      for (std::size_t j = 0; j < 3; ++j) {
        z += weights[j] * (drawn.rows(i, static_cast<Index>(j)) - mean[j]) / scale[j];
      }
      const double error = 1 / (1 + std::exp(-z)) - (drawn.labels[static_cast<std::size_t>(i)] ? 1 : 0);
      for (std::size_t j = 0; j < 3; ++j) {
        slope[j] += error * (drawn.rows(i, static_cast<Index>(j)) - mean[j]) / scale[j];
      }
      bias_slope += error;
    }
    for (std::size_t j = 0; j < 3; ++j) weights[j] -= slope[j] / static_cast<double>(count);
    bias -= bias_slope / static_cast<double>(count);
  }
  LogisticRegression fit{{}, bias};
  for (std::size_t j = 0; j < 3; ++j) {
    fit.weights.push_back(weights[j] / scale[j]);
    fit.bias -= weights[j] / scale[j] * mean[j];
  }
  return fit;
}

}  // namespace

TEST_CASE("a logistic regression by Newton's steps is the one by many small steps downhill") {
  for (const std::uint64_t seed : {1U, 2U}) {
    CAPTURE(seed);
    const LabelledRows drawn = drawn_rows(60, seed);
    for (const double ridge : {.3, 5.0}) {
      CAPTURE(ridge);
      const LogisticRegression fit = fit_logistic_regression(drawn.rows, drawn.labels, ridge);
      const LogisticRegression slow = slow_fit(drawn, ridge);
      for (std::size_t j = 0; j < 3; ++j) CHECK(fit.weights[j] == doctest::Approx(slow.weights[j]).epsilon(1e-5));
      CHECK(fit.bias == doctest::Approx(slow.bias).epsilon(1e-5));
    }
  }
}

TEST_CASE("a logistic regression finds what labels were drawn by") {
  const LabelledRows drawn = drawn_rows(20'000, 7);
  const LogisticRegression fit = fit_logistic_regression(drawn.rows, drawn.labels);
  CHECK(fit.weights[0] == doctest::Approx(2).epsilon(.1));
  CHECK(fit.weights[1] == doctest::Approx(-.02).epsilon(.1));
  CHECK(fit.probability(std::vector<double>{0, 250, 0}) == doctest::Approx(.5).epsilon(.1));
}

TEST_CASE("numbers that say nothing leave the share of true labels, and labels that are told apart stay finite") {
  Tensor<double, 2> same({Index{4}, Index{1}});
  same.fill(3);
  const LogisticRegression share = fit_logistic_regression(same, {true, false, false, false});
  CHECK(share.weights[0] == 0);
  CHECK(share.probability(std::vector<double>{3}) == doctest::Approx(.25));
  CHECK(share.probability(std::vector<double>{1e6}) == doctest::Approx(.25));
  Tensor<double, 2> apart({Index{4}, Index{1}});
  for (Index i = 0; i < 4; ++i) apart(i, 0) = static_cast<double>(i);
  const LogisticRegression fit = fit_logistic_regression(apart, {false, false, true, true}, .01);
  CHECK(std::isfinite(fit.weights[0]));
  CHECK(fit.probability(std::vector<double>{0}) < .1);
  CHECK(fit.probability(std::vector<double>{3}) > .9);
}

TEST_CASE("a logistic regression refuses what cannot be fitted") {
  Tensor<double, 2> rows({Index{2}, Index{1}});
  rows[1] = 1;
  CHECK_THROWS_AS(fit_logistic_regression(rows, {true}), ShapeError);
  CHECK_THROWS_AS(fit_logistic_regression(rows, {true, true}), Error);
  CHECK_THROWS_AS(fit_logistic_regression(rows, {true, false}, 0), OptionError);
  const LogisticRegression fit = fit_logistic_regression(rows, {false, true});
  CHECK_THROWS_AS(fit.probability(std::vector<double>{1, 2}), ShapeError);
  rows[0] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(fit_logistic_regression(rows, {true, false}), NumericError);
}
