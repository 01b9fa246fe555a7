#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>

#include "../support/golden_loss.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Targets = Tensor<std::int32_t, 1>;

Targets random_targets(Index rows, Index classes, Rng& rng) {
  auto targets = Targets::uninitialized({rows});
  for (std::int32_t& target : targets) target = static_cast<std::int32_t>(rng.below(classes));
  return targets;
}

}  // namespace

TEST_CASE("cross entropy is the mean of -ln p, and its gradient p less 1 at the target") {
  const double ln2 = std::log(2);
  const auto loss = softmax_cross_entropy(Tensor<double, 2>({2, 2}, {0, ln2, 5, 5}), Targets({2}, {1, 0}));
  CHECK(loss.count == 2);
  CHECK(loss.value == doctest::Approx((std::log(3. / 2) + ln2) / 2));
  CHECK(relative_difference(loss.gradient, Tensor<double, 2>({2, 2}, {1. / 6, -1. / 6, -1. / 4, 1. / 4})) < 1e-15);
}

TEST_CASE("cross entropy gradients agree with differences") {
  Rng rng(1);
  const PoisonedMemory poison;
  for (const auto& options : {SoftmaxCrossEntropyOptions{}, SoftmaxCrossEntropyOptions{.ignored_target = 0},
                              SoftmaxCrossEntropyOptions{.ignored_target = 0, .divisor = 2.5}}) {
    for (const Shape<2> shape : {Shape{1, 1}, Shape{1, 5}, Shape{6, 3}, Shape{4, 50}}) {
      CAPTURE(shape);
      auto logits = random_tensor<double>(shape, rng);
      const auto targets = random_targets(shape[0], shape[1], rng);
      const auto gradient = softmax_cross_entropy(logits, targets, options).gradient;
      testing::detail::compare_with_differences(
          "logits", logits, gradient, [&] { return softmax_cross_entropy(logits, targets, options).value; }, {});
    }
  }
}

TEST_CASE("gradients of smoothed and weighted targets agree with differences") {
  Rng rng(6);
  const PoisonedMemory poison;
  for (const double smoothing : {0., 0.1, 1.}) {
    for (const Index classes : {1, 5, 33}) {
      CAPTURE(smoothing);
      CAPTURE(classes);
      SoftmaxCrossEntropyOptions options{.ignored_target = 0, .label_smoothing = smoothing};
      for (Index c = 0; c < classes; ++c) options.class_weights.push_back(rng.uniform<double>());
      auto logits = random_tensor<double>(Shape{6, classes}, rng);
      const auto targets = random_targets(6, classes, rng);
      const auto gradient = softmax_cross_entropy(logits, targets, options).gradient;
      testing::detail::compare_with_differences(
          "logits", logits, gradient, [&] { return softmax_cross_entropy(logits, targets, options).value; }, {});
    }
  }
}

TEST_CASE_TEMPLATE("cross entropy computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("losses");
  const auto check = [&](const std::string& name, double smoothing, bool weighted) {
    SoftmaxCrossEntropyOptions options{.label_smoothing = smoothing};
    if (weighted) options.class_weights = golden_numbers(file, name + "/weights");
    check_golden_loss<T, 2, std::int32_t, 1>(
        file, name, [&](const auto& x, const auto& y) { return softmax_cross_entropy(x, y, options); });
  };
  check("cross_entropy", 0, false);
  check("cross_entropy_smoothed", 0.1, false);
  check("cross_entropy_weighted", 0, true);
  check("cross_entropy_weighted_smoothed", 0.3, true);
  check_golden_loss<T, 3, std::int32_t, 2>(file, "cross_entropy_sequences", [&](const auto& x, const auto& y) {
    return softmax_cross_entropy(x, masked_targets(y, golden_lengths));
  });
}

TEST_CASE("weights of 1 and no smoothing change no bit, and targets without weight count for nothing") {
  Rng rng(7);
  const auto logits = random_tensor<float>(Shape{5, 20}, rng);
  const auto targets = random_targets(5, 20, rng);
  const auto plain = softmax_cross_entropy(logits, targets);
  const auto weighted = softmax_cross_entropy(logits, targets, {.class_weights = std::vector<double>(20, 1)});
  CHECK(weighted.value == plain.value);
  CHECK(weighted.gradient == plain.gradient);
  const auto nothing = softmax_cross_entropy(logits, targets, {.class_weights = std::vector<double>(20, 0)});
  CHECK(nothing.value == 0);
  CHECK(nothing.count == 5);
}

TEST_CASE("ignored targets count for nothing") {
  Rng rng(2);
  const auto logits = random_tensor<double>(Shape{3, 20}, rng);
  const auto all = softmax_cross_entropy(logits, Targets({3}, {4, -1, 7}));
  CHECK(all.count == 2);
  auto kept = Tensor<double, 2>::uninitialized({2, 20});
  std::copy_n(logits.row(0), 20, kept.row(0));
  std::copy_n(logits.row(2), 20, kept.row(1));
  const auto without = softmax_cross_entropy(kept, Targets({2}, {4, 7}));
  CHECK(all.value == without.value);
  for (Index c = 0; c < 20; ++c) {
    CHECK(all.gradient(0, c) == without.gradient(0, c));
    CHECK(all.gradient(1, c) == 0);
    CHECK(all.gradient(2, c) == without.gradient(1, c));
  }
}

TEST_CASE("an ignored row may hold anything") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto loss = softmax_cross_entropy(Tensor<float, 2>({2, 2}, {nan, nan, 1, 1}), Targets({2}, {-100, 1}),
                                          {.ignored_target = -100});
  CHECK(loss.value == doctest::Approx(std::log(2)));
  CHECK(loss.gradient == Tensor<float, 2>({2, 2}, {0, 0, 0.5F, -0.5F}));
}

TEST_CASE("where all targets are ignored, value and gradient are 0") {
  const auto loss = softmax_cross_entropy(Tensor<float, 2>({2, 2}, {1, 2, 3, 4}), Targets({2}, {-1, -1}));
  CHECK(loss.count == 0);
  CHECK(loss.value == 0);
  CHECK(loss.gradient == Tensor<float, 2>({2, 2}));
}

TEST_CASE("parts with a common divisor add up to the whole") {
  Rng rng(3);
  const auto logits = random_tensor<double>(Shape{5, 7}, rng);
  const auto targets = random_targets(5, 7, rng);
  const auto whole = softmax_cross_entropy(logits, targets);
  auto first = Tensor<double, 2>::uninitialized({2, 7});
  std::copy_n(logits.row(0), 14, first.begin());
  auto second = Tensor<double, 2>::uninitialized({3, 7});
  std::copy_n(logits.row(2), 21, second.begin());
  const auto first_loss = softmax_cross_entropy(first, Targets({2}, {targets[0], targets[1]}), {.divisor = 5});
  const auto second_loss =
      softmax_cross_entropy(second, Targets({3}, {targets[2], targets[3], targets[4]}), {.divisor = 5});
  CHECK(first_loss.value + second_loss.value == doctest::Approx(whole.value));
  CHECK(std::equal(first_loss.gradient.begin(), first_loss.gradient.end(), whole.gradient.begin()));
  CHECK(std::equal(second_loss.gradient.begin(), second_loss.gradient.end(), whole.gradient.row(2)));
}

TEST_CASE("cross entropy of logits of any rank is over the last dimension") {
  Rng rng(4);
  const auto logits = random_tensor<float>(Shape{3, 2, 5}, rng);
  const auto loss = softmax_cross_entropy(logits, Tensor<std::int32_t, 2>({3, 2}, {0, 1, 2, 3, 4, -1}));
  const auto flat = softmax_cross_entropy(logits.reshaped(Shape{6, 5}), Targets({6}, {0, 1, 2, 3, 4, -1}));
  CHECK(loss.value == flat.value);
  CHECK(loss.gradient.reshaped(Shape{6, 5}) == flat.gradient);
}

TEST_CASE("cross entropy makes the gradient in the memory of the logits") {
  Tensor<float, 2> logits({2, 3});
  const float* const memory = logits.data();
  CHECK(softmax_cross_entropy(std::move(logits), Targets({2})).gradient.data() == memory);
}

TEST_CASE("cross entropy of sure and wrong predictions is large, not infinite") {
  const auto loss = softmax_cross_entropy(Tensor<float, 2>({1, 2}, {1e4F, -1e4F}), Targets({1}, {1}));
  CHECK(loss.value == 2e4F);
  CHECK(loss.gradient == Tensor<float, 2>({1, 2}, {1, -1}));
}

TEST_CASE("a NaN among the logits is seen in the loss") {
  Tensor<float, 2> logits({2, 30});
  logits(1, 29) = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(softmax_cross_entropy(logits, Targets({2})).value));
}

TEST_CASE("cross entropy names what does not fit") {
  const Tensor<float, 2> logits({2, 3});
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(logits, Targets({2}, {0, 3})),
                       "softmax_cross_entropy: target 3 of row 1 is not one of the 3 classes", IndexError);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(logits, Targets({2}, {-2, 0})),
                       "softmax_cross_entropy: target -2 of row 0 is not one of the 3 classes", IndexError);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(logits, Targets({3})),
                       "softmax_cross_entropy: the targets [3] do not fit the logits [2, 3]", ShapeError);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(logits, Targets({2}), {.divisor = 0}),
                       "softmax_cross_entropy: the divisor 0 is not positive", OptionError);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(logits, Targets({2}), {.label_smoothing = 1.5}),
                       "softmax_cross_entropy: the label smoothing 1.5 is not in [0, 1]", OptionError);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(logits, Targets({2}), {.class_weights = {1, 2}}),
                       "softmax_cross_entropy: 2 class weights for 3 classes", ShapeError);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(logits, Targets({2}), {.class_weights = {1, -2, 1}}),
                       "softmax_cross_entropy: the weight -2 of class 1 is not a number from 0 on", OptionError);
}
