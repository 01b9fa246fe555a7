#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/regression_losses.hpp>

#include "../support/golden_loss.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("squares, magnitudes and Huber's mixture of both") {
  const Tensor<double, 1> x({4}, {1, -3, 0.5, 2});
  const Tensor<double, 1> y({4}, {1, 1, 0, 0});  // the errors are 0, -4, 0.5, 2
  const auto squared = mean_squared_error(x, y, {.divisor = 1});
  CHECK(squared.value == 0 + 16 + 0.25 + 4);
  CHECK(squared.gradient == Tensor<double, 1>({4}, {0, -8, 1, 4}));
  const auto absolute = mean_absolute_error(x, y, {.divisor = 1});
  CHECK(absolute.value == 0 + 4 + 0.5 + 2);
  CHECK(absolute.gradient == Tensor<double, 1>({4}, {0, -1, 1, 1}));
  const auto huber = huber_loss(x, y, {.delta = 2, .divisor = 1});
  CHECK(huber.value == 0 + 2 * (4 - 1) + 0.125 + 2);
  CHECK(huber.gradient == Tensor<double, 1>({4}, {0, -2, 0.5, 2}));
}

TEST_CASE_TEMPLATE("regression losses compute what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("losses");
  for (const bool masked : {false, true}) {
    const Tensor<bool, 2> mask = masked ? steps_within(golden_lengths, 4) : Tensor<bool, 2>();
    const std::string suffix = masked ? "_sequences" : "";
    check_golden_loss<T, 3, T, 3>(file, "mean_squared_error" + suffix, [&](const auto& x, const auto& y) {
      return mean_squared_error(x, y, {.mask = mask});
    });
    check_golden_loss<T, 3, T, 3>(file, "mean_absolute_error" + suffix, [&](const auto& x, const auto& y) {
      return mean_absolute_error(x, y, {.mask = mask});
    });
    check_golden_loss<T, 3, T, 3>(file, "huber" + suffix,
                                  [&](const auto& x, const auto& y) { return huber_loss(x, y, {.mask = mask}); });
    check_golden_loss<T, 3, T, 3>(file, "huber_0.4" + suffix, [&](const auto& x, const auto& y) {
      return huber_loss(x, y, {.delta = 0.4, .mask = mask});
    });
  }
}

TEST_CASE("regression loss gradients agree with differences") {
  Rng rng(1);
  const PoisonedMemory poison;
  for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{3, 2, 7}}) {
    CAPTURE(shape);
    auto x = random_tensor<double>(shape, rng);
    const auto y = random_tensor<double>(shape, rng);
    const auto check = [&](const std::string& name, const auto& loss) {
      testing::detail::compare_with_differences(name, x, loss(x).gradient, [&] { return loss(x).value; }, {});
    };
    check("mean_squared_error", [&](const auto& p) { return mean_squared_error(p, y); });
    check("mean_absolute_error", [&](const auto& p) { return mean_absolute_error(p, y, {.divisor = 2.5}); });
    check("huber_loss", [&](const auto& p) { return huber_loss(p, y, {.delta = 0.7}); });
  }
}

TEST_CASE("regression losses hand a NaN on") {
  Tensor<float, 1> x({20});
  x[17] = std::numeric_limits<float>::quiet_NaN();
  const Tensor<float, 1> y({20});
  for (const auto& loss : {mean_squared_error(x, y), mean_absolute_error(x, y), huber_loss(x, y)}) {
    CHECK(std::isnan(loss.value));
    CHECK(std::isnan(loss.gradient[17]));
    CHECK(loss.gradient[16] == 0);
  }
}

TEST_CASE("regression losses name what does not fit") {
  const Tensor<float, 1> x({2});
  const Tensor<float, 1> y({3});
  CHECK_THROWS_WITH_AS(mean_squared_error(x, y), "mean_squared_error: the targets [3] do not fit the predictions [2]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(mean_absolute_error(x, y), "mean_absolute_error: the targets [3] do not fit the predictions [2]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(huber_loss(x, y), "huber_loss: the targets [3] do not fit the predictions [2]", ShapeError);
  CHECK_THROWS_WITH_AS(huber_loss(x, x, {.delta = 0}), "huber_loss: the delta 0 is not positive", OptionError);
}
