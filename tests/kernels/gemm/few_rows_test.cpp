#include <algorithm>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/few_rows.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// start + A W^T, one number at a time.
template <class T>
Tensor<T, 2> naive_product(const Tensor<T, 2>& a, const Tensor<T, 2>& w, Tensor<T, 2> start) {
  for (Index r = 0; r < a.rows(); ++r) {
    for (Index c = 0; c < w.rows(); ++c) {
      double sum = 0;
      for (Index k = 0; k < a.columns(); ++k) sum += static_cast<double>(a(r, k)) * static_cast<double>(w(c, k));
      start(r, c) += static_cast<T>(sum);
    }
  }
  return start;
}

template <class T>
void check_random_shapes(double tolerance) {
  constexpr std::uint64_t seed = 1;
  Rng rng(seed);
  for (int repetition = 0; repetition < 30; ++repetition) {
    const Index rows = rng.below(11);
    const Index columns = rng.below(60);
    const Index depth = rng.below(90);
    CAPTURE(seed);
    CAPTURE((Shape{rows, columns, depth}));
    const auto a = random_tensor<T>(Shape{rows, depth}, rng);
    const auto w = random_tensor<T>(Shape{columns, depth}, rng);
    const auto before = random_tensor<T>(Shape{rows, columns}, rng);
    const auto bias = random_tensor<T>(Shape{columns}, rng);
    const auto weights = transposed(matrix(w));

    auto c = before;
    multiply_few_rows(matrix(a), weights, into(c));
    CHECK(relative_difference(c, naive_product(a, w, Tensor<T, 2>({rows, columns}))) < tolerance);

    c = before;
    multiply_few_rows(matrix(a), weights, added_to(c));
    CHECK(relative_difference(c, naive_product(a, w, before)) < tolerance);

    Tensor<T, 2> biases({rows, columns});
    for (Index i = 0; i < biases.size(); ++i) biases[i] = bias[i % columns];
    multiply_few_rows(matrix(a), weights, into(c, bias));
    CHECK(relative_difference(c, naive_product(a, w, biases)) < tolerance);
  }
}

}  // namespace

TEST_CASE("a product by few rows agrees with its definition") {
  SUBCASE("float") { check_random_shapes<float>(1e-5); }
  SUBCASE("double") { check_random_shapes<double>(1e-13); }
}

TEST_CASE("a product by few rows stays inside a strided destination") {
  Rng rng(2);
  const auto a = random_tensor<float>(Shape{3, 20}, rng);
  const auto w = random_tensor<float>(Shape{6, 20}, rng);
  auto wide = Tensor<float, 2>::full({3, 9}, 7);
  multiply_few_rows(matrix(a), transposed(matrix(w)), Destination<float>{wide.data() + 1, 9});
  const auto expected = naive_product(a, w, Tensor<float, 2>({3, 6}));
  for (Index r = 0; r < 3; ++r) {
    CHECK(wide(r, 0) == 7);
    CHECK(wide(r, 7) == 7);
    CHECK(wide(r, 8) == 7);
    for (Index c = 0; c < 6; ++c) CHECK(wide(r, c + 1) == doctest::Approx(expected(r, c)).epsilon(1e-5));
  }
}

TEST_CASE("a row's product does not depend on the other rows") {
  Rng rng(3);
  const auto a = random_tensor<float>(Shape{5, 300}, rng);
  const auto w = random_tensor<float>(Shape{70, 300}, rng);
  Tensor<float, 2> together({5, 70});
  multiply_few_rows(matrix(a), transposed(matrix(w)), into(together));
  Tensor<float, 2> alone({1, 70});
  multiply_few_rows(RowMajor<float>{a.row(3), 1, 300, 300}, transposed(matrix(w)), into(alone));
  CHECK(std::equal(alone.begin(), alone.end(), together.row(3)));
}

TEST_CASE("a product by few rows gives the same bits for any number of threads") {
  Rng rng(4);
  const auto a = random_tensor<float>(Shape{3, 333}, rng);
  const auto w = random_tensor<float>(Shape{517, 333}, rng);
  check_thread_counts([&] {
    Tensor<float, 2> c({3, 517});
    multiply_few_rows(matrix(a), transposed(matrix(w)), into(c));
    return c;
  });
}
