#include <cmath>
#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/metrics/perplexity.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>

using namespace pupil;

TEST_CASE("the perplexity of scores that are all the same is the number of classes") {
  const Tensor<float, 2> logits = Tensor<float, 2>::full({3, 7}, 4.0F);
  CHECK(perplexity(logits, Tensor<std::int32_t, 1>({3}, {0, 6, 2})) == doctest::Approx(7));
}

TEST_CASE("perplexity is the exponential of the mean cross entropy") {
  Rng rng(1);
  Tensor<double, 3> logits({4, 5, 6});
  for (double& value : logits) value = rng.normal<double>();
  Tensor<std::int32_t, 2> targets({4, 5});
  for (std::int32_t& target : targets) target = static_cast<std::int32_t>(rng.below(7)) - 1;
  const auto loss = softmax_cross_entropy(logits, targets);
  CHECK(perplexity(logits, targets) == doctest::Approx(std::exp(loss.value)).epsilon(1e-12));
  Perplexity sum;
  sum.add(loss.value, loss.count);
  CHECK(sum.value() == doctest::Approx(perplexity(logits, targets)).epsilon(1e-12));
}

TEST_CASE("perplexity weighs batches by their number of targets") {
  Perplexity sum;
  CHECK(sum.value() == 1);
  sum.add(std::log(2.0), 1);
  sum.add(std::log(8.0), 3);
  sum.add(std::nan(""), 0);
  CHECK(sum.count() == 4);
  CHECK(sum.value() == doctest::Approx(std::pow(2.0, 2.5)));
}

TEST_CASE("scores that are large do not overflow in a perplexity, and ignored rows do not count") {
  const Tensor<float, 2> logits({2, 2}, {3e38F, -3e38F, 0, 0});
  CHECK(perplexity(logits, Tensor<std::int32_t, 1>({2}, {0, -1})) == 1);
  CHECK(perplexity(logits, Tensor<std::int32_t, 1>({2}, {5, 1}), {.ignored_target = 5}) == doctest::Approx(2));
  CHECK(perplexity(logits, Tensor<std::int32_t, 1>({2}, {-1, -1})) == 1);
}

TEST_CASE("perplexity is the same bits on any number of threads") {
  Rng rng(2);
  Tensor<float, 2> logits({300, 400});
  for (float& value : logits) value = rng.normal<float>();
  const Tensor<std::int32_t, 1> targets({300});
  const int before = num_threads();
  set_num_threads(1);
  const double expected = perplexity(logits, targets);
  set_num_threads(5);
  CHECK(perplexity(logits, targets) == expected);
  set_num_threads(before);
}

TEST_CASE("perplexity names what does not fit") {
  const Tensor<float, 2> logits({2, 3});
  CHECK_THROWS_WITH_AS(perplexity(logits, Tensor<std::int32_t, 1>({3})),
                       "perplexity: the labels [3] do not fit the logits [2, 3]", ShapeError);
  CHECK_THROWS_WITH_AS(perplexity(logits, Tensor<std::int32_t, 1>({2}, {0, -2})),
                       "perplexity: the label -2 of row 1 is not one of the 3 classes", IndexError);
  CHECK_THROWS_WITH_AS(Perplexity().add(1, -1), "perplexity: the mean of -1 targets", OptionError);
}
