#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/nn/initialization.hpp>
#include <pupil/nn/orthogonal.hpp>

#include "../support/thread_counts.hpp"

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

TEST_CASE("fill_kaiming_normal takes gain and fan from its options") {
  const auto variance = [](const KaimingOptions& options) {
    Rng rng(4);
    Tensor<double, 2> tensor({400, 50});
    fill_kaiming_normal(tensor, options, rng);
    return moments_of(tensor).variance;
  };
  CHECK(variance(KaimingOptions{}) == doctest::Approx(2.0 / 50).epsilon(0.05));
  CHECK(variance({.mode = FanMode::fan_out}) == doctest::Approx(2.0 / 400).epsilon(0.05));
  CHECK(variance({.nonlinearity = Nonlinearity::linear}) == doctest::Approx(1.0 / 50).epsilon(0.05));
  CHECK(variance({.nonlinearity = Nonlinearity::leaky_relu, .negative_slope = 2}) ==
        doctest::Approx(2.0 / 5 / 50).epsilon(0.05));
}

TEST_CASE("fill_kaiming_uniform has that variance between its bounds") {
  Rng rng(5);
  Tensor<double, 2> tensor({400, 50});
  fill_kaiming_uniform(tensor, KaimingOptions{}, rng);
  const double bound = std::sqrt(6.0 / 50);
  CHECK(*std::min_element(tensor.begin(), tensor.end()) >= -bound);
  CHECK(*std::max_element(tensor.begin(), tensor.end()) < bound);
  CHECK(*std::max_element(tensor.begin(), tensor.end()) > 0.99 * bound);
  CHECK(moments_of(tensor).variance == doctest::Approx(2.0 / 50).epsilon(0.05));
}

TEST_CASE("xavier has the variance gain^2 2 / (fan in + fan out), normal and uniform") {
  Rng rng(6);
  Tensor<double, 2> tensor({400, 50});
  fill_xavier_normal(tensor, rng);
  CHECK(moments_of(tensor).variance == doctest::Approx(2.0 / 450).epsilon(0.05));
  fill_xavier_normal(tensor, rng, 3);
  CHECK(moments_of(tensor).variance == doctest::Approx(9 * 2.0 / 450).epsilon(0.05));
  fill_xavier_uniform(tensor, rng, 3);
  CHECK(moments_of(tensor).variance == doctest::Approx(9 * 2.0 / 450).epsilon(0.05));
  const double bound = 3 * std::sqrt(6.0 / 450);
  CHECK(*std::min_element(tensor.begin(), tensor.end()) >= -bound);
  CHECK(*std::max_element(tensor.begin(), tensor.end()) < bound);
}

TEST_CASE("fans are those of PyTorch's weights") {
  const Fans dense = fans_of(Shape{7, 5});
  CHECK(dense.in == 5);
  CHECK(dense.out == 7);
  const Fans conv = fans_of(Shape{7, 3, 2, 5});  // PyTorch's [7, 5, 3, 2]
  CHECK(conv.in == 30);
  CHECK(conv.out == 42);
  const Fans sequence = fans_of(Shape{7, 3, 5});
  CHECK(sequence.in == 15);
  CHECK(sequence.out == 21);
}

TEST_CASE("gains are those of PyTorch") {
  CHECK(calculate_gain(Nonlinearity::linear) == 1);
  CHECK(calculate_gain(Nonlinearity::sigmoid) == 1);
  CHECK(calculate_gain(Nonlinearity::tanh) == 5.0 / 3);
  CHECK(calculate_gain(Nonlinearity::relu) == std::sqrt(2.0));
  CHECK(calculate_gain(Nonlinearity::leaky_relu) == std::sqrt(2.0 / (1 + 0.0001)));
  CHECK(calculate_gain(Nonlinearity::leaky_relu, 0.2) == std::sqrt(2.0 / (1 + 0.2 * 0.2)));
}

TEST_CASE("a truncated normal has its moments, and no number outside its bounds") {
  Rng rng(7);
  Tensor<double, 2> tensor({500, 100});
  fill_truncated_normal(tensor, {.mean = 1, .standard_deviation = 2, .low = -3, .high = 5}, rng);
  CHECK(*std::min_element(tensor.begin(), tensor.end()) >= -3);
  CHECK(*std::max_element(tensor.begin(), tensor.end()) <= 5);
  CHECK(*std::min_element(tensor.begin(), tensor.end()) < -2.9);
  const Moments moments = moments_of(tensor);
  CHECK(std::abs(moments.mean - 1) < 0.03);
  CHECK(moments.variance == doctest::Approx(4 * 0.7737413).epsilon(0.03));  // 1 - 2 * 2 phi(2) / (2 Phi(2) - 1)
}

TEST_CASE("a truncated normal is exact in both tails, and without one of the bounds") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Rng rng(8);
  Tensor<double, 2> tensor({100, 100});
  fill_truncated_normal(tensor, {.low = 10, .high = infinity}, rng);
  const Moments right = moments_of(tensor);
  CHECK(*std::min_element(tensor.begin(), tensor.end()) >= 10);
  CHECK(right.mean == doctest::Approx(10.0981).epsilon(1e-3));  // phi(10) / (1 - Phi(10))
  fill_truncated_normal(tensor, {.low = -infinity, .high = -10}, rng);
  CHECK(*std::max_element(tensor.begin(), tensor.end()) <= -10);
  CHECK(moments_of(tensor).mean == doctest::Approx(-10.0981).epsilon(1e-3));
  fill_truncated_normal(tensor, {.low = -infinity, .high = infinity}, rng);
  CHECK(std::abs(moments_of(tensor).mean) < 0.05);
  CHECK(moments_of(tensor).variance == doctest::Approx(1).epsilon(0.05));
}

TEST_CASE("a truncated normal without numbers is refused") {
  Rng rng(9);
  Tensor<float, 1> tensor({3});
  CHECK_THROWS_WITH_AS(fill_truncated_normal(tensor, {.standard_deviation = 0}, rng),
                       "fill_truncated_normal: the standard deviation 0 is not positive", OptionError);
  CHECK_THROWS_WITH_AS(fill_truncated_normal(tensor, {.low = 1, .high = 1}, rng),
                       "fill_truncated_normal: no numbers of mean 0 and standard deviation 1 from 1 to 1", OptionError);
  CHECK_THROWS_AS(fill_truncated_normal(tensor, {.low = 40, .high = 50}, rng), OptionError);
}

TEST_CASE("the same seed fills with the same numbers, on any number of threads") {
  const auto filled = [](std::uint64_t seed) {
    Rng rng(seed);
    Tensor<double, 2> tensor({300, 200});
    fill_truncated_normal(tensor, {}, rng);
    for (double& value : tensor) value += rng.normal<double>();
    return tensor;
  };
  CHECK_FALSE(filled(5) == filled(6));
  testing::check_thread_counts([&] { return filled(5); });
}

TEST_CASE_TEMPLATE("a generator for weights that are read next leaves them, and goes on as if it had drawn them", T,
                   float, double) {
  const auto check = [](const auto& fill) {
    Rng drawing(1);
    Rng leaving = Rng(1).leaving_weights();
    Tensor<T, 2> drawn({5, 3});
    Tensor<T, 2> left({5, 3});
    fill(drawn, drawing);
    fill(left, leaving);
    CHECK(drawn != left);
    CHECK(left == Tensor<T, 2>({5, 3}));
    CHECK(leaving.state() == drawing.state());
    CHECK(leaving.next() == drawing.next());
    CHECK_FALSE(leaving.fork().leaves_weights());
  };
  check([](auto& weight, Rng& rng) { fill_uniform(weight, T{1}, rng); });
  check([](auto& weight, Rng& rng) { fill_normal(weight, T{1}, rng); });
  check([](auto& weight, Rng& rng) { fill_truncated_normal(weight, {}, rng); });
  check([](auto& weight, Rng& rng) { fill_orthogonal(weight, rng); });
}
