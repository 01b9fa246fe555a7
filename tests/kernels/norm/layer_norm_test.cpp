#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/norm/layer_norm.hpp>

#include "support/gradient_check.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// Fewer features than a group has, as many, more, several ranges of rows, and rows longer than a range.
const std::vector<Shape<2>> shapes{{1, 3}, {3, 5}, {2, 16}, {4, 33}, {1234, 64}, {2, 40000}};

template <class T>
RowMoments<T> room_for(Index rows) {
  return {Tensor<T, 1>::uninitialized({rows}), Tensor<T, 1>::uninitialized({rows})};
}

template <class T>
struct LayerNormPasses {
  Tensor<T, 2> y, dx;
  Tensor<T, 1> dw, db;
  bool operator==(const LayerNormPasses&) const = default;
};

/// The gradients of weight and bias are added to 1 and 2.
template <class T>
LayerNormPasses<T> fast_layer_norm(const Tensor<T, 2>& x, const Tensor<T, 1>& weight, const Tensor<T, 1>& bias,
                                   const Tensor<T, 2>& dy, T epsilon) {
  LayerNormPasses<T> out{Tensor<T, 2>::uninitialized(x.shape()), dy, Tensor<T, 1>::full(weight.shape(), 1),
                         Tensor<T, 1>::full(weight.shape(), 2)};
  auto moments = room_for<T>(x.rows());
  layer_norm(matrix(x), epsilon, weight, bias, moments, out.y.data());
  layer_norm_backward(out.dx.data(), matrix(x), moments, weight, out.dw.data(), out.db.data());
  return out;
}

/// By the definition, in double; the gradient by the chain rule through mean and deviation, term by term.
LayerNormPasses<double> naive_layer_norm(const Tensor<float, 2>& x, const Tensor<float, 1>& weight,
                                         const Tensor<float, 1>& bias, const Tensor<float, 2>& dy, double epsilon) {
  LayerNormPasses<double> out{Tensor<double, 2>(x.shape()), Tensor<double, 2>(x.shape()),
                              Tensor<double, 1>::full(weight.shape(), 1), Tensor<double, 1>::full(weight.shape(), 2)};
  const Index columns = x.columns();
  const double n = static_cast<double>(columns);
  for (Index r = 0; r < x.rows(); ++r) {
    double mean = 0;
    double variance = 0;
    for (Index c = 0; c < columns; ++c) mean += static_cast<double>(x(r, c)) / n;
    for (Index c = 0; c < columns; ++c) variance += std::pow(static_cast<double>(x(r, c)) - mean, 2) / n;
    const double deviation = std::sqrt(variance + epsilon);
    double mean_gradient = 0;      // of the loss with respect to the mean
    double variance_gradient = 0;  // and to the variance
    for (Index c = 0; c < columns; ++c) {
      const double distance = static_cast<double>(x(r, c)) - mean;
      const double gradient = static_cast<double>(dy(r, c));
      const double g = gradient * static_cast<double>(weight[c]);
      out.y(r, c) = distance / deviation * static_cast<double>(weight[c]) + static_cast<double>(bias[c]);
      out.dw[c] += gradient * distance / deviation;
      out.db[c] += gradient;
      mean_gradient -= g / deviation;
      variance_gradient -= g * distance / (2 * std::pow(deviation, 3));
    }
    for (Index c = 0; c < columns; ++c) {
      const double distance = static_cast<double>(x(r, c)) - mean;
      out.dx(r, c) = static_cast<double>(dy(r, c)) * static_cast<double>(weight[c]) / deviation + mean_gradient / n +
                     variance_gradient * 2 * distance / n;
    }
  }
  return out;
}

template <std::size_t Rank>
double difference(const Tensor<float, Rank>& actual, const Tensor<double, Rank>& expected) {
  Tensor<double, Rank> copy(actual.shape());
  std::copy(actual.begin(), actual.end(), copy.begin());
  return relative_difference(copy, expected);
}

}  // namespace

TEST_CASE("layer normalization agrees with its definition") {
  Rng rng(1);
  for (const Shape<2>& shape : shapes) {
    CAPTURE(shape);
    const auto x = random_tensor<float>(shape, rng);
    const auto weight = random_tensor<float>(Shape{shape[1]}, rng);
    const auto bias = random_tensor<float>(Shape{shape[1]}, rng);
    const auto dy = random_tensor<float>(shape, rng);
    const PoisonedMemory poison;
    const auto fast = fast_layer_norm(x, weight, bias, dy, 0.01F);
    const auto naive = naive_layer_norm(x, weight, bias, dy, static_cast<double>(0.01F));
    CHECK(difference(fast.y, naive.y) < 1e-5);
    CHECK(difference(fast.dx, naive.dx) < 1e-5);
    CHECK(difference(fast.dw, naive.dw) < 1e-5);
    CHECK(difference(fast.db, naive.db) < 1e-5);
  }
}

TEST_CASE("a row of one feature is its bias, whatever the feature") {
  const Tensor<float, 1> weight({1}, {3});
  const Tensor<float, 1> bias({1}, {0.5F});
  const auto passes =
      fast_layer_norm(Tensor<float, 2>({2, 1}, {7, -9}), weight, bias, Tensor<float, 2>({2, 1}, {1, 2}), 0.01F);
  CHECK(passes.y == Tensor<float, 2>({2, 1}, {0.5F, 0.5F}));
  for (const float gradient : passes.dx) CHECK(std::abs(gradient) < 1e-5F);
  CHECK(passes.dw == Tensor<float, 1>({1}, {1}));
  CHECK(passes.db == Tensor<float, 1>({1}, {5}));
}

TEST_CASE("a mean a thousand deviations from zero costs no digits of the deviation") {
  Rng rng(2);
  auto x = random_tensor<float>(Shape{5, 700}, rng);
  for (float& value : x) value += 1e3F;
  auto moments = room_for<float>(5);
  Tensor<float, 2> y(x.shape());
  layer_norm(matrix(x), 1e-5F, Tensor<float, 1>::full({700}, 1), Tensor<float, 1>({700}), moments, y.data());
  for (Index r = 0; r < 5; ++r) {
    double mean = 0;
    double variance = 0;
    for (Index c = 0; c < 700; ++c) mean += static_cast<double>(x(r, c)) / 700;
    for (Index c = 0; c < 700; ++c) variance += std::pow(static_cast<double>(x(r, c)) - mean, 2) / 700;
    CHECK(std::abs(static_cast<double>(moments.inverse_deviation[r]) * std::sqrt(variance + 1e-5) - 1) < 1e-5);
  }
}

TEST_CASE("a row's bits do not depend on where it lies") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{7, 21}, rng);
  const auto weight = random_tensor<float>(Shape{21}, rng);
  const auto bias = random_tensor<float>(Shape{21}, rng);
  const auto dy = random_tensor<float>(x.shape(), rng);
  const auto all = fast_layer_norm(x, weight, bias, dy, 1e-5F);
  for (Index r = 0; r < 7; ++r) {
    Tensor<float, 2> row({1, 21});
    Tensor<float, 2> row_dy({1, 21});
    std::copy_n(x.row(r), 21, row.data());
    std::copy_n(dy.row(r), 21, row_dy.data());
    const auto alone = fast_layer_norm(row, weight, bias, row_dy, 1e-5F);
    CHECK(std::equal(alone.y.begin(), alone.y.end(), all.y.row(r)));
    CHECK(std::equal(alone.dx.begin(), alone.dx.end(), all.dx.row(r)));
  }
}

TEST_CASE("gradients of weight and bias may be left out") {
  Rng rng(4);
  const auto x = random_tensor<double>(Shape{3, 20}, rng);
  const auto weight = random_tensor<double>(Shape{20}, rng);
  auto moments = room_for<double>(3);
  Tensor<double, 2> y(x.shape());
  layer_norm(matrix(x), 1e-5, weight, weight, moments, y.data());
  auto dx = x;
  layer_norm_backward<double>(dx.data(), matrix(x), moments, weight, nullptr, nullptr);
  CHECK(dx == fast_layer_norm(x, weight, weight, x, 1e-5).dx);
}

TEST_CASE("layer normalization gives the same bits for any number of threads") {
  Rng rng(5);
  const auto x = random_tensor<float>(Shape{9001, 37}, rng);
  const auto dy = random_tensor<float>(x.shape(), rng);
  const auto weight = random_tensor<float>(Shape{37}, rng);
  check_thread_counts([&] { return fast_layer_norm(x, weight, weight, dy, 1e-5F); });
}
