#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/lanes.hpp>

#include "../support/random_tensor.hpp"

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
