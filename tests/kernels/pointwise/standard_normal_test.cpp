#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/pointwise/standard_normal.hpp>

using namespace pupil;
using namespace pupil::kernels;

TEST_CASE_TEMPLATE("the standard normal distribution agrees with the standard library's error function", T, float,
                   double) {
  // For floats half of Abramowitz and Stegun's 1.5e-7, and what rounding adds to a sum of numbers above 1.
  const double tolerance = sizeof(T) == 4 ? 3e-7 : 4e-16;
  for (double x = -9; x < 9; x += 0.0078125) {
    CAPTURE(x);
    const auto normal = standard_normal<T>(Lanes<T>::Constant(static_cast<T>(x)));
    const double below = 0.5 * std::erfc(-x / std::sqrt(2.));
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.));
    REQUIRE(std::abs(static_cast<double>(normal.below[5]) - below) <= tolerance);
    REQUIRE(std::abs(static_cast<double>(normal.density[5]) - density) <= tolerance);
  }
}

TEST_CASE_TEMPLATE("what lies far below 0 is small, not lost", T, float, double) {
  const auto normal = standard_normal<T>(Lanes<T>::Constant(T{-6}));
  CHECK(static_cast<double>(normal.below[0]) == doctest::Approx(0.5 * std::erfc(6 / std::sqrt(2.))).epsilon(0.01));
}

TEST_CASE_TEMPLATE("the standard normal distribution ends at 0 and 1, and hands a NaN on", T, float, double) {
  Lanes<T> x = Lanes<T>::Zero();
  x[0] = -std::numeric_limits<T>::infinity();
  x[1] = std::numeric_limits<T>::infinity();
  x[2] = std::numeric_limits<T>::quiet_NaN();
  const auto normal = standard_normal(x);
  CHECK(normal.below[0] == 0);
  CHECK(normal.below[1] == 1);
  CHECK(std::isnan(normal.below[2]));
  CHECK(std::isnan(normal.density[2]));
  CHECK(normal.below[3] == doctest::Approx(0.5));
  CHECK(normal.density[0] == 0);
  CHECK(normal.density[1] == 0);
}
