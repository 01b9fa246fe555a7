#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/kl_divergence.hpp>
#include <pupil/nn/length_mask.hpp>

#include "../support/golden_loss.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("the divergence of a distribution from itself is 0, and grows with what is missing") {
  const Tensor<double, 1> half({2}, {std::log(0.5), std::log(0.5)});
  CHECK(kl_divergence(half, Tensor<double, 1>({2}, {0.5, 0.5})).value == 0);
  const auto certain = kl_divergence(half, Tensor<double, 1>({2}, {1, 0}), {.divisor = 1});
  CHECK(certain.value == doctest::Approx(std::log(2)));
  CHECK(certain.gradient == Tensor<double, 1>({2}, {-1, 0}));
  CHECK(kl_divergence(half, half, {.log_target = true}).value == 0);
}

TEST_CASE_TEMPLATE("the divergence is what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("more_losses");
  for (const bool log_target : {false, true}) {
    const std::string name = log_target ? "kl_log_target" : "kl";
    const auto check = [&](const std::string& suffix, KlDivergenceOptions options) {
      options.log_target = log_target;
      check_golden_loss<T, 3, T, 3>(file, name + suffix,
                                    [&](const auto& x, const auto& y) { return kl_divergence(x, y, options); });
    };
    check("", {});
    check("_batchmean", {.divisor = 4});
    check("_sequences", {.mask = steps_within(golden_lengths, 4)});
  }
}

TEST_CASE("divergence gradients agree with differences") {
  Rng rng(1);
  const PoisonedMemory poison;
  for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{3, 2, 17}}) {
    auto x = random_tensor<double>(shape, rng);
    const auto y = random_tensor<double>(shape, rng);
    auto probabilities = y;
    for (double& value : probabilities) value = std::abs(value);
    const auto check = [&](const std::string& name, const auto& loss) {
      testing::detail::compare_with_differences(name, x, loss(x).gradient, [&] { return loss(x).value; }, {});
    };
    check("probabilities", [&](const auto& p) { return kl_divergence(p, probabilities); });
    check("logarithms", [&](const auto& p) { return kl_divergence(p, y, {.log_target = true, .divisor = 2.5}); });
  }
}

TEST_CASE("what cannot be costs nothing where the target is 0, and a NaN is handed on") {
  const float infinity = std::numeric_limits<float>::infinity();
  const Tensor<float, 1> x({2}, {-infinity, 0});
  CHECK(kl_divergence(x, Tensor<float, 1>({2}, {0, 1})).value == 0);
  CHECK(kl_divergence(x, Tensor<float, 1>({2}, {-infinity, 0}), {.log_target = true}).value == 0);
  CHECK(kl_divergence(x, Tensor<float, 1>({2}, {0.5, 0.5})).value == infinity);
  const Tensor<float, 1> unknown({2}, {std::numeric_limits<float>::quiet_NaN(), 0});
  CHECK(std::isnan(kl_divergence(unknown, Tensor<float, 1>({2}, {0, 1})).value));
}

TEST_CASE("the divergence names what does not fit") {
  const Tensor<float, 1> x({2});
  CHECK_THROWS_WITH_AS(kl_divergence(x, Tensor<float, 1>({3})),
                       "kl_divergence: the targets [3] do not fit the predictions [2]", ShapeError);
  CHECK_THROWS_WITH_AS(kl_divergence(x, x, {.divisor = 0}), "kl_divergence: the divisor 0 is not positive",
                       OptionError);
}
