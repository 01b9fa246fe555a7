#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/pointwise/softmax.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// ln softmax by its definition, in long double.
template <class T>
Tensor<T, 2> naive_log_softmax(const Tensor<T, 2>& x) {
  auto result = x;
  for (Index r = 0; r < x.rows(); ++r) {
    long double sum = 0;
    for (Index c = 0; c < x.columns(); ++c) sum += std::exp(static_cast<long double>(x(r, c)));
    for (Index c = 0; c < x.columns(); ++c) result(r, c) = static_cast<T>(x(r, c) - std::log(sum));
  }
  return result;
}

template <class T>
Tensor<T, 2> exponentials(Tensor<T, 2> x) {
  for (T& value : x) value = std::exp(value);
  return x;
}

}  // namespace

TEST_CASE_TEMPLATE("softmax and its logarithm agree with their definitions", T, float, double) {
  Rng rng(1);
  const double tolerance = 20 * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (const Shape<2> shape : {Shape{1, 1}, Shape{3, 2}, Shape{2, 15}, Shape{2, 16}, Shape{2, 17}, Shape{5, 1003}}) {
    CAPTURE(shape);
    const auto x = random_tensor<T>(shape, rng);
    const auto expected = naive_log_softmax(x);
    auto logarithms = x;
    kernels::log_softmax_rows(logarithms);
    CHECK(relative_difference(logarithms, expected) < tolerance);
    auto probabilities = x;
    kernels::softmax_rows(probabilities);
    CHECK(relative_difference(probabilities, exponentials(expected)) < tolerance);
  }
}

TEST_CASE("softmax of tensors of any rank is over the last dimension") {
  Tensor<double, 3> x({2, 1, 2}, {0, 0, 3, 3});
  kernels::softmax_rows(x);
  CHECK(x == Tensor<double, 3>::full({2, 1, 2}, 0.5));
}

TEST_CASE("the cross entropy of counted targets is the sum of that of each") {
  Rng rng(6);
  constexpr Index columns = 19;
  const auto logits = random_tensor<double>(Shape{1, columns}, rng);
  Tensor<double, 1> counts({columns});
  double expected = 0;
  Tensor<double, 2> expected_gradient({1, columns});
  for (const Index target : {3, 3, 18, 0, 3}) {
    counts[target] += 1;
    auto row = logits;
    expected += kernels::cross_entropy_row(row.data(), columns, target, 0.5);
    for (Index c = 0; c < columns; ++c) expected_gradient[c] += row[c];
  }
  auto row = logits;
  CHECK(kernels::counted_cross_entropy_row(row.data(), counts.data(), columns, 0.5) == doctest::Approx(expected));
  CHECK(relative_difference(row, expected_gradient) < 1e-14);
}

TEST_CASE("large logits do not overflow, and those of -infinity have no probability") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Tensor<float, 2> x({1, 4}, {1e30F, 1e30F, -1e30F, -infinity});
  auto probabilities = x;
  kernels::softmax_rows(probabilities);
  CHECK(probabilities == Tensor<float, 2>({1, 4}, {0.5F, 0.5F, 0, 0}));
  auto logarithms = x;
  kernels::log_softmax_rows(logarithms);
  CHECK(logarithms(0, 0) == doctest::Approx(-std::log(2)));
  CHECK(logarithms(0, 3) == -infinity);
}

TEST_CASE("a NaN makes its row NaN, and no other") {
  Tensor<float, 2> x({2, 20});
  x(0, 17) = std::numeric_limits<float>::quiet_NaN();
  auto logarithms = x;
  kernels::softmax_rows(x);
  kernels::log_softmax_rows(logarithms);
  for (Index c = 0; c < 20; ++c) {
    CHECK(std::isnan(x(0, c)));
    CHECK(std::isnan(logarithms(0, c)));
    CHECK(x(1, c) == doctest::Approx(0.05));
  }
}

TEST_CASE("a row's bits do not depend on where it stands") {
  Rng rng(2);
  const auto one = random_tensor<float>(Shape{1, 37}, rng);
  auto many = Tensor<float, 2>::uninitialized({9, 37});
  for (Index r = 0; r < 9; ++r) std::copy(one.begin(), one.end(), many.row(r));
  auto alone = one;
  kernels::softmax_rows(alone);
  kernels::softmax_rows(many);
  for (Index r = 0; r < 9; ++r) {
    CAPTURE(r);
    CHECK(std::equal(alone.begin(), alone.end(), many.row(r)));
  }
}

TEST_CASE("softmax is the same bits for any number of threads") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{103, 1001}, rng);
  check_thread_counts([&] {
    auto probabilities = x;
    auto logarithms = x;
    kernels::softmax_rows(probabilities);
    kernels::log_softmax_rows(logarithms);
    return std::pair(probabilities, logarithms);
  });
}

TEST_CASE("a masked softmax is that of the columns that are there, and reads no others") {
  Rng rng(4);
  for (const Index columns : {1, 5, 16, 40}) {
    CAPTURE(columns);
    const auto x = random_tensor<double>(Shape{1, columns}, rng);
    auto mask = Tensor<bool, 1>::uninitialized({columns});
    for (Index c = 0; c < columns; ++c) mask[c] = c % 3 == 0;
    auto kept = Tensor<double, 2>::uninitialized({1, (columns + 2) / 3});
    for (Index c = 0; c < kept.size(); ++c) kept[c] = x[3 * c];
    kernels::softmax_rows(kept);

    auto row = x;
    for (Index c = 0; c < columns; ++c) row[c] = mask[c] ? x[c] : std::numeric_limits<double>::quiet_NaN();
    kernels::masked_softmax_row(row.data(), columns, mask.data());
    for (Index c = 0; c < columns; ++c) CHECK(row[c] == (mask[c] ? doctest::Approx(kept[c / 3]) : doctest::Approx(0)));
  }
}

TEST_CASE("a softmax without any column gives zeros") {
  Tensor<float, 1> row({3}, {1, std::numeric_limits<float>::quiet_NaN(), 3});
  const Tensor<bool, 1> mask({3});
  kernels::masked_softmax_row(row.data(), 3, mask.data());
  CHECK(row == Tensor<float, 1>({3}));
}

TEST_CASE("a smoothed target without smoothing is one class") {
  Rng rng(5);
  const auto x = random_tensor<double>(Shape{37}, rng);
  const Tensor<double, 1> spread({37});
  auto smoothed = x;
  auto plain = x;
  const double loss = kernels::smoothed_cross_entropy_row(smoothed.data(), 37, 5, 1., spread.data(), 0., 0.5);
  CHECK(loss == doctest::Approx(kernels::cross_entropy_row(plain.data(), 37, 5, 0.5)));
  CHECK(relative_difference(smoothed, plain) < 1e-14);
}
