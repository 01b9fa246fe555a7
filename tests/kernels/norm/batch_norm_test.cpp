#include <cmath>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/kernels/norm/batch_norm.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// Mean and biased variance of every column, by their definitions, in double.
std::pair<Tensor<double, 1>, Tensor<double, 1>> naive_moments(const Tensor<float, 2>& x) {
  Tensor<double, 1> mean({x.columns()});
  Tensor<double, 1> variance({x.columns()});
  const double rows = static_cast<double>(x.rows());
  for (Index c = 0; c < x.columns(); ++c) {
    for (Index r = 0; r < x.rows(); ++r) mean[c] += static_cast<double>(x(r, c)) / rows;
    for (Index r = 0; r < x.rows(); ++r) variance[c] += std::pow(static_cast<double>(x(r, c)) - mean[c], 2) / rows;
  }
  return {mean, variance};
}

std::pair<Tensor<float, 1>, Tensor<float, 1>> moments(const Tensor<float, 2>& x) {
  auto mean = Tensor<float, 1>::uninitialized({x.columns()});
  auto variance = Tensor<float, 1>::uninitialized({x.columns()});
  column_moments(matrix(x), mean, variance);
  return {mean, variance};
}

void check_moments(const Tensor<float, 2>& x, double tolerance) {
  CAPTURE(x.shape());
  const auto [mean, variance] = moments(x);
  const auto [expected_mean, expected_variance] = naive_moments(x);
  for (Index c = 0; c < x.columns(); ++c) {
    const double deviation = std::sqrt(expected_variance[c]) + 1e-30;
    // The mean cannot be better than the numbers around it.
    const double rounding = 1e-7 * std::abs(expected_mean[c]);
    CHECK(std::abs(static_cast<double>(mean[c]) - expected_mean[c]) <= tolerance * deviation + rounding);
    CHECK(std::abs(static_cast<double>(variance[c]) - expected_variance[c]) <= tolerance * expected_variance[c]);
  }
}

}  // namespace

TEST_CASE("moments are those of the definition") {
  Rng rng(1);
  for (const Shape<2> shape :
       {Shape{2, 1}, Shape{3, 5}, Shape{1000, 3}, Shape{12345, 7}, Shape{700, 64}, Shape{3, 40000}}) {
    check_moments(random_tensor<float>(shape, rng), 1e-5);
  }
}

TEST_CASE("a mean ten thousand deviations from zero costs no digits") {
  Rng rng(2);
  auto x = random_tensor<float>(Shape{20000, 5}, rng);
  for (float& value : x) value += 1e4F;
  check_moments(x, 1e-5);
}

TEST_CASE("a first row far from all others costs no digits of the variance") {
  Rng rng(3);
  auto x = random_tensor<float>(Shape{20000, 5}, rng);
  std::fill_n(x.row(0), 5, 1e3F);
  check_moments(x, 1e-5);
}

TEST_CASE("equal rows have no variance but rounding's, and never a negative one") {
  const auto x = Tensor<float, 2>::full({5000, 9}, 0.1F);
  const auto [mean, variance] = moments(x);
  CHECK(mean == Tensor<float, 1>::full({9}, 0.1F));
  for (const float v : variance) {
    CHECK(v >= 0);
    CHECK(v <= 1e-14F);
  }
}

TEST_CASE("the sums of the backward pass are those of the definition") {
  Rng rng(4);
  for (const Shape<2> shape : {Shape{1, 1}, Shape{5000, 11}, Shape{300, 512}}) {
    CAPTURE(shape);
    const auto x = random_tensor<float>(shape, rng);
    const auto dy = random_tensor<float>(shape, rng);
    const auto mean = random_tensor<float>(Shape{shape[1]}, rng);
    Tensor<double, 1> expected_sum(mean.shape());
    Tensor<double, 1> expected_product(mean.shape());
    for (Index r = 0; r < shape[0]; ++r) {
      for (Index c = 0; c < shape[1]; ++c) {
        const double gradient = static_cast<double>(dy(r, c));
        expected_sum[c] += gradient;
        expected_product[c] += gradient * (static_cast<double>(x(r, c)) - static_cast<double>(mean[c]));
      }
    }
    auto sum = Tensor<float, 1>::uninitialized(mean.shape());
    auto product = Tensor<float, 1>::uninitialized(mean.shape());
    batch_norm_sums(matrix(dy), matrix(x), mean, sum, product);
    const double tolerance = 1e-6 * static_cast<double>(shape[0]);
    for (Index c = 0; c < shape[1]; ++c) {
      CHECK(std::abs(static_cast<double>(sum[c]) - expected_sum[c]) <= tolerance);
      CHECK(std::abs(static_cast<double>(product[c]) - expected_product[c]) <= tolerance);
    }
  }
}

TEST_CASE("batch normalization's passes give the same bits for any number of threads") {
  Rng rng(5);
  const auto x = random_tensor<float>(Shape{9001, 13}, rng);
  const auto dy = random_tensor<float>(Shape{9001, 13}, rng);
  check_thread_counts([&] { return moments(x); });
  check_thread_counts([&] {
    const auto [mean, variance] = moments(x);
    Tensor<float, 1> sum({13});
    Tensor<float, 1> product({13});
    batch_norm_sums(matrix(dy), matrix(x), mean, sum, product);
    auto dx = dy;
    combine_columns(dx.data(), matrix(x), mean, variance, sum, product);
    return dx;
  });
}
