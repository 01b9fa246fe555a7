#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/pointwise/lanes.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;
using namespace pupil::kernels;

TEST_CASE_TEMPLATE("a transformed number has the same bits wherever it stands", T, float, double) {
  Rng rng(1);
  const auto x = random_tensor<T>(Shape{53}, rng);
  auto whole = x;
  transform_lanes(whole.data(), whole.size(), [](const Lanes<T>& lanes) { return lanes.exp(); });
  for (Index first = 0; first < x.size(); ++first) {
    CAPTURE(first);
    auto part = x;
    transform_lanes(part.data() + first, x.size() - first, [](const Lanes<T>& lanes) { return lanes.exp(); });
    REQUIRE(std::equal(x.begin(), x.begin() + first, part.begin()));
    REQUIRE(std::equal(part.begin() + first, part.end(), whole.begin() + first));
  }
}

TEST_CASE_TEMPLATE("exponentials agree with the standard library's", T, float, double) {
  const T tolerance = 4 * std::numeric_limits<T>::epsilon();
  for (T x = -80; x < 80; x += T{0.375}) {
    CAPTURE(x);
    const Lanes<T> input = Lanes<T>::Constant(x);
    REQUIRE(std::abs(exponential(input)[3] / std::exp(x) - 1) < tolerance);
  }
}

TEST_CASE_TEMPLATE("exponentials of what is too small are 0, and of NaN are NaN", T, float, double) {
  Lanes<T> x = Lanes<T>::Zero();
  x[0] = -std::numeric_limits<T>::infinity();
  x[1] = std::numeric_limits<T>::lowest();
  x[2] = std::log(std::numeric_limits<T>::min()) - 1;
  x[3] = std::numeric_limits<T>::quiet_NaN();
  const Lanes<T> powers = exponential(x);
  CHECK(powers[0] == 0);
  CHECK(powers[1] == 0);
  CHECK(powers[2] == 0);
  CHECK(std::isnan(powers[3]));
  CHECK(powers[4] == 1);
}

TEST_CASE_TEMPLATE("the logistic function is right to the last digits of its value, far below 0 as well", T, float,
                   double) {
  const T tolerance = 8 * std::numeric_limits<T>::epsilon();
  for (T x = -80; x < 80; x += T{0.375}) {
    CAPTURE(x);
    const Lanes<T> input = Lanes<T>::Constant(x);
    REQUIRE(std::abs(logistic(input)[3] * (1 + std::exp(-x)) - 1) < tolerance);
  }
  CHECK(logistic<T>(Lanes<T>::Constant(-std::numeric_limits<T>::infinity()))[0] < 1e-37);
  CHECK(logistic<T>(Lanes<T>::Constant(std::numeric_limits<T>::infinity()))[0] == 1);
  CHECK(std::isnan(logistic<T>(Lanes<T>::Constant(std::numeric_limits<T>::quiet_NaN()))[0]));
}

TEST_CASE_TEMPLATE("two arrays are combined, and their products added up, whatever their size", T, float, double) {
  Rng rng(2);
  for (const Index size : {0, 1, 15, 16, 17, 53}) {
    CAPTURE(size);
    const auto x = random_tensor<T>(Shape{size}, rng);
    const auto y = random_tensor<T>(Shape{size}, rng);
    auto combined = x;
    combine_lanes(combined.data(), y.data(), size, [](const Lanes<T>& a, const Lanes<T>& b) { return a * b - b; });
    double sum = 0;
    for (Index i = 0; i < size; ++i) {
      REQUIRE(combined[i] == doctest::Approx(x[i] * y[i] - y[i]));
      sum += static_cast<double>(x[i] * y[i]);
    }
    CHECK(dot_lanes(x.data(), y.data(), size) == doctest::Approx(sum).epsilon(1e-5));
  }
}

TEST_CASE_TEMPLATE("lanes are chosen one by one, bit for bit", T, float, double) {
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  Lanes<T> one = Lanes<T>::Constant(1);
  Lanes<T> other = Lanes<T>::Constant(-T{0});
  one[2] = nan;
  other[5] = nan;
  const Lanes<T> chosen = choose<T>([](Index i) { return i < 4; }, one, other);
  for (Index i = 0; i < lane_count; ++i) {
    CAPTURE(i);
    if (i == 2 || i == 5) {
      CHECK(std::isnan(chosen[i]));
    } else {
      CHECK(chosen[i] == (i < 4 ? 1 : 0));
      CHECK(std::signbit(chosen[i]) == (i >= 4));
    }
  }
}
