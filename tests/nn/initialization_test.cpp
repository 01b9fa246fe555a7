#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <pupil/nn/initialization.hpp>

using namespace pupil;

namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments_of(const Tensor<double, 2>& tensor) {
  Moments moments;
  const auto size = static_cast<double>(tensor.size());
  for (const double value : tensor) moments.mean += value / size;
  for (const double value : tensor) moments.variance += (value - moments.mean) * (value - moments.mean) / size;
  return moments;
}

}  // namespace

TEST_CASE("fill_uniform fills the whole interval evenly") {
  Rng rng(1);
  Tensor<double, 2> tensor({200, 100});
  fill_uniform(tensor, 0.5, rng);
  CHECK(*std::min_element(tensor.begin(), tensor.end()) >= -0.5);
  CHECK(*std::max_element(tensor.begin(), tensor.end()) < 0.5);
  CHECK(*std::max_element(tensor.begin(), tensor.end()) > 0.49);
  const Moments moments = moments_of(tensor);
  CHECK(std::abs(moments.mean) < 0.01);
  CHECK(moments.variance == doctest::Approx(1.0 / 12).epsilon(0.03));
}

TEST_CASE("fill_normal has mean 0 and the deviation that is asked for") {
  Rng rng(2);
  Tensor<double, 2> tensor({200, 100});
  fill_normal(tensor, 3.0, rng);
  const Moments moments = moments_of(tensor);
  CHECK(std::abs(moments.mean) < 0.1);
  CHECK(moments.variance == doctest::Approx(9).epsilon(0.05));
  CHECK(*std::max_element(tensor.begin(), tensor.end()) > 9);  // tails, unlike a uniform one
}

TEST_CASE("fill_by_fan_in keeps within 1 / sqrt(fan in)") {
  Rng rng(3);
  Tensor<double, 2> tensor({200, 100});
  fill_by_fan_in(tensor, 25, rng);
  const auto largest = [](double a, double b) { return std::abs(a) < std::abs(b); };
  CHECK(std::abs(*std::max_element(tensor.begin(), tensor.end(), largest)) <= 0.2);
  CHECK(moments_of(tensor).variance == doctest::Approx(0.04 / 3).epsilon(0.03));
}

TEST_CASE("fill_kaiming_normal has the variance 2 / fan out") {
  Rng rng(4);
  Tensor<double, 2> tensor({200, 100});
  fill_kaiming_normal(tensor, 50, rng);
  CHECK(moments_of(tensor).variance == doctest::Approx(0.04).epsilon(0.05));
}

TEST_CASE("the same seed fills with the same numbers") {
  const auto filled = [](std::uint64_t seed) {
    Rng rng(seed);
    Tensor<double, 2> tensor({3, 5});
    fill_normal(tensor, 1.0, rng);
    return tensor;
  };
  CHECK(filled(5) == filled(5));
  CHECK_FALSE(filled(5) == filled(6));
}
