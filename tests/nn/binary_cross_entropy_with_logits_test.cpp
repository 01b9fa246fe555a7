#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/nn/binary_cross_entropy_with_logits.hpp>
#include <pupil/nn/length_mask.hpp>

#include "../support/golden_loss.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("binary cross entropy is -ln p of the true answer, and its gradient p less the target") {
  const Tensor<double, 1> x({3}, {0, std::log(3), std::log(3)});  // p = 1/2, 3/4, 3/4
  const Tensor<double, 1> y({3}, {1, 1, 0});
  const auto loss = binary_cross_entropy_with_logits(x, y, {.divisor = 1});
  CHECK(loss.value == doctest::Approx(std::log(2) + std::log(4. / 3) + std::log(4)));
  CHECK(loss.count == 3);
  CHECK(relative_difference(loss.gradient, Tensor<double, 1>({3}, {-0.5, -0.25, 0.75})) < 1e-15);
  const auto weighted = binary_cross_entropy_with_logits(x, y, {.pos_weight = {10}, .divisor = 1});
  CHECK(weighted.value == doctest::Approx(10 * std::log(2) + 10 * std::log(4. / 3) + std::log(4)));
}

TEST_CASE_TEMPLATE("binary cross entropy computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("losses");
  const auto check = [&](const std::string& name, const BinaryCrossEntropyOptions& options) {
    check_golden_loss<T, 3, T, 3>(
        file, name, [&](const auto& x, const auto& y) { return binary_cross_entropy_with_logits(x, y, options); });
  };
  const auto mask = steps_within(golden_lengths, 4);
  check("binary_cross_entropy", {});
  check("binary_cross_entropy_sequences", {.mask = mask});
  check("binary_cross_entropy_3", {.pos_weight = {3}});
  check("binary_cross_entropy_3_sequences", {.pos_weight = {3}, .mask = mask});
  const std::string columns = "binary_cross_entropy_columns";
  check_golden_loss<T, 2, T, 2>(file, columns, [&](const auto& x, const auto& y) {
    return binary_cross_entropy_with_logits(x, y, {.pos_weight = golden_numbers(file, columns + "/weights")});
  });
}

TEST_CASE("binary cross entropy gradients agree with differences") {
  Rng rng(1);
  const PoisonedMemory poison;
  for (const auto& options : {BinaryCrossEntropyOptions{}, BinaryCrossEntropyOptions{.pos_weight = {0.5, 1, 2}},
                              BinaryCrossEntropyOptions{.pos_weight = {4}, .divisor = 2.5}}) {
    for (const Shape<2> shape : {Shape{1, 3}, Shape{13, 3}}) {
      CAPTURE(shape);
      auto x = random_tensor<double>(shape, rng);
      auto y = x;
      for (double& target : y) target = rng.uniform<double>();
      const auto gradient = binary_cross_entropy_with_logits(x, y, options).gradient;
      testing::detail::compare_with_differences(
          "logits", x, gradient, [&] { return binary_cross_entropy_with_logits(x, y, options).value; }, {});
    }
  }
}

TEST_CASE("binary cross entropy of sure and wrong answers is large, not infinite, and a NaN is seen") {
  const Tensor<float, 1> x({2}, {1e4F, -1e4F});
  const auto loss = binary_cross_entropy_with_logits(x, Tensor<float, 1>({2}, {0, 1}));
  CHECK(loss.value == 1e4F);
  CHECK(loss.gradient[0] == 0.5F);
  CHECK(loss.gradient[1] == -0.5F);
  const Tensor<float, 1> nan({1}, {std::numeric_limits<float>::quiet_NaN()});
  CHECK(std::isnan(binary_cross_entropy_with_logits(nan, Tensor<float, 1>({1})).value));
}

TEST_CASE("binary cross entropy names what does not fit") {
  const Tensor<float, 2> x({2, 3});
  CHECK_THROWS_WITH_AS(binary_cross_entropy_with_logits(x, Tensor<float, 2>({3, 2})),
                       "binary_cross_entropy_with_logits: the targets [3, 2] do not fit the predictions [2, 3]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(binary_cross_entropy_with_logits(x, x, {.pos_weight = {1, 2}}),
                       "binary_cross_entropy_with_logits: 2 weights do not fit the logits [2, 3]", ShapeError);
}

TEST_CASE("binary cross entropy's gradient has all its digits where the answer is nearly sure") {
  for (const float x : {4.F, 9.F, 30.F, 80.F}) {
    CAPTURE(x);
    const double unlikely = 1 / (1 + std::exp(static_cast<double>(x)));
    const auto loss = binary_cross_entropy_with_logits(Tensor<float, 1>({2}, {x, -x}), Tensor<float, 1>({2}, {1, 0}),
                                                       {.pos_weight = {3}, .divisor = 1});
    CHECK(std::abs(static_cast<double>(loss.gradient[0]) / (-3 * unlikely) - 1) < 2e-6);
    CHECK(std::abs(static_cast<double>(loss.gradient[1]) / unlikely - 1) < 2e-6);
  }
}
