#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_random.hpp>

using namespace pupil;

TEST_CASE("random tensors hold what a generator draws, one number after another") {
  Rng rng(1), twin(1);
  const auto normal = random_normal<float>(Shape{2, 3}, rng);
  for (const float number : normal) CHECK(number == twin.normal<float>());
  const auto uniform = random_uniform<double>(Shape{4}, rng, -2.0, 3.0);
  for (const double number : uniform) CHECK(number == twin.uniform<double>(-2, 3));
  const auto whole = random_below(7, Shape{2, 2}, rng);
  for (const auto number : whole) CHECK(number == twin.below(7));
  CHECK(rng.state() == twin.state());
}

TEST_CASE("an index is drawn as often as its weight says, and never where that is 0") {
  Rng rng(2);
  const Tensor<float, 1> weights({5}, {0, 1, 0, 3, 0});
  std::vector<int> counts(5);
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i) ++counts[static_cast<std::size_t>(random_index(weights, rng))];
  CHECK(counts[0] + counts[2] + counts[4] == 0);
  CHECK(std::abs(counts[1] - draws / 4) < 5 * std::sqrt(draws * 0.25 * 0.75));  // five standard deviations
}

TEST_CASE("bounds and weights that nothing can be drawn from are errors") {
  Rng rng(3);
  CHECK_THROWS_WITH_AS(random_below(0, Shape{1}, rng), "random: no integer in [0, 0)", OptionError);
  CHECK_THROWS_WITH_AS(random_below(Index{1} << 31, Shape{1}, rng), "random_below: the bound 2147483648 is too large",
                       OptionError);
  CHECK_THROWS_WITH_AS(random_index(Tensor<float, 1>({2}), rng), "random_index: the sum of the weights is 0",
                       OptionError);
  CHECK_THROWS_WITH_AS(random_index(Tensor<float, 1>({2}, {1, -1}), rng),
                       "random_index: the weight -1 is not a number from 0 on", OptionError);
  CHECK_THROWS_WITH_AS(random_index(Tensor<float, 1>({1}, {std::nanf("")}), rng),
                       "random_index: the weight nan is not a number from 0 on", OptionError);
  CHECK_THROWS_WITH_AS(random_index(Tensor<double, 1>({1}, {std::numeric_limits<double>::infinity()}), rng),
                       "random_index: the sum of the weights is inf", OptionError);
}
