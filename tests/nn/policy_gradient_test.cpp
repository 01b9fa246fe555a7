#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/policy_gradient.hpp>

#include "../support/files.hpp"
#include "../support/gradient_check.hpp"
#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Choices = Tensor<std::int32_t, 1>;

}  // namespace

TEST_CASE("the loss of a choice is its surprise, weighted by how well it came out") {
  const double ln2 = std::log(2);
  const auto loss =
      policy_gradient(Tensor<double, 2>({2, 2}, {0, ln2, 5, 5}), Choices({2}, {1, 0}), std::vector<double>{3, -0.5});
  CHECK(loss.value == doctest::Approx((3 * std::log(1.5) - 0.5 * ln2) / 2));
  const Tensor<double, 2> expected({2, 2}, {0.5, -0.5, 0.125, -0.125});
  CHECK(relative_difference(loss.gradient, expected) < 1e-15);
}

TEST_CASE("the gradient of a policy agrees with differences") {
  Rng rng(1);
  const PoisonedMemory poison;
  for (const Shape<2> shape : {Shape{1, 1}, Shape{6, 3}, Shape{4, 50}}) {
    CAPTURE(shape);
    auto logits = random_tensor<double>(shape, rng);
    auto chosen = Choices::uninitialized({shape[0]});
    std::vector<double> advantages;
    for (std::int32_t& choice : chosen) {
      choice = static_cast<std::int32_t>(rng.below(shape[1]));
      advantages.push_back(rng.normal<double>());
    }
    const auto gradient = policy_gradient(logits, chosen, advantages).gradient;
    pupil::testing::detail::compare_with_differences(
        "logits", logits, gradient, [&] { return policy_gradient(logits, chosen, advantages).value; }, {});
  }
}

TEST_CASE("a choice without an advantage changes nothing") {
  Rng rng(2);
  const auto loss =
      policy_gradient(random_tensor<float>(Shape{3, 9}, rng), Choices({3}, {0, 8, 4}), std::vector<double>{0, 0, 0});
  CHECK(loss.value == 0);
  for (const float value : loss.gradient) CHECK(value == 0);
}

TEST_CASE("the loss of a policy is the same bits on any number of threads") {
  Rng rng(3);
  const auto logits = random_tensor<float>(Shape{300, 400}, rng);
  auto chosen = Choices::uninitialized({300});
  std::vector<double> advantages;
  for (std::int32_t& choice : chosen) {
    choice = static_cast<std::int32_t>(rng.below(400));
    advantages.push_back(rng.normal<double>());
  }
  check_thread_counts([&] { return policy_gradient(logits, chosen, advantages).gradient; });
}

TEST_CASE("choices and advantages that make no sense are named") {
  const Tensor<float, 2> logits({2, 3});
  const std::vector<double> one{1}, two{1, std::numeric_limits<double>::infinity()};
  CHECK(error_of<ShapeError>([&] {
          policy_gradient(logits, Choices({2}, {0, 1}), one);
        }) == "policy_gradient: 2 choices and 1 advantages for logits [2, 3]");
  CHECK(error_of<IndexError>([&] {
          policy_gradient(logits, Choices({2}, {0, 3}), two);
        }) == "policy_gradient: choice 3 of row 1 is not one of the 3 classes");
  CHECK(error_of<NumericError>([&] {
          policy_gradient(logits, Choices({2}, {0, 1}), two);
        }) == "policy_gradient: the advantage of row 1 is inf");
}
