#include <cmath>

#include <doctest/doctest.h>

#include <pupil/nn/orthogonal.hpp>

#include "../support/thread_counts.hpp"

using namespace pupil;

namespace {

/// The largest difference of the products of the rows, or columns, with each other from gain^2 times the identity.
template <class T, std::size_t Rank>
double fault(const Tensor<T, Rank>& weight, double gain) {
  const Index rows = weight.dim(0);
  const Index columns = weight.size() / rows;
  const bool by_rows = rows <= columns;
  const auto at = [&](Index vector, Index i) {
    return static_cast<double>(by_rows ? weight[vector * columns + i] : weight[i * columns + vector]);
  };
  double largest = 0;
  for (Index a = 0; a < std::min(rows, columns); ++a) {
    for (Index b = 0; b <= a; ++b) {
      double product = 0;
      for (Index i = 0; i < std::max(rows, columns); ++i) product += at(a, i) * at(b, i);
      largest = std::max(largest, std::abs(product - (a == b ? gain * gain : 0)));
    }
  }
  return largest;
}

}  // namespace

TEST_CASE("rows are orthonormal, or columns where there are fewer of them") {
  Rng rng(1);
  for (const Shape<2> shape : {Shape{1, 1}, Shape{1, 7}, Shape{7, 1}, Shape{20, 20}, Shape{20, 33}, Shape{130, 70}}) {
    CAPTURE(shape);
    Tensor<double, 2> weight(shape);
    fill_orthogonal(weight, rng);
    CHECK(fault(weight, 1) < 1e-14);
  }
}

TEST_CASE("a filter is a matrix with a row for each output, and the gain scales it") {
  Rng rng(2);
  Tensor<float, 4> weight({16, 3, 3, 8});
  fill_orthogonal(weight, rng, 2);
  CHECK(fault(weight, 2) < 1e-6);
}

TEST_CASE("the numbers are those of the positive QR decomposition, whose first column is the first one drawn") {
  Rng rng(3);
  Tensor<double, 2> weight({3, 5});
  fill_orthogonal(weight, rng);
  Rng again(3);
  Tensor<double, 1> first({5});
  fill_normal(first, 1.0, again);
  double squares = 0;
  for (const double value : first) squares += value * value;
  for (Index i = 0; i < 5; ++i) CHECK(weight[i] == doctest::Approx(first[i] / std::sqrt(squares)).epsilon(1e-12));
}

TEST_CASE("every direction is as likely as its opposite: the mean of many is 0, and of the squares 1 / n") {
  Rng rng(4);
  Tensor<double, 2> weight({3, 3});
  double mean = 0;
  double squares = 0;
  constexpr int draws = 2000;
  for (int draw = 0; draw < draws; ++draw) {
    fill_orthogonal(weight, rng);
    mean += weight(2, 2) / draws;
    squares += weight(2, 2) * weight(2, 2) / draws;
  }
  CHECK(std::abs(mean) < 0.05);
  CHECK(squares == doctest::Approx(1.0 / 3).epsilon(0.1));
}

TEST_CASE("orthogonal weights are the same on any number of threads, and may be empty") {
  testing::check_thread_counts([] {
    Rng rng(5);
    Tensor<float, 2> weight({200, 150});
    fill_orthogonal(weight, rng);
    return weight;
  });
  Rng rng(6);
  Tensor<float, 2> empty({0, 4});
  fill_orthogonal(empty, rng);
  CHECK(empty.empty());
}
