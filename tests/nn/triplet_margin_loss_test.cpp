#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/nn/triplet_margin_loss.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

template <class T>
void check_golden_triplets(const std::string& name, const TripletMarginLossOptions& options) {
  const SafetensorsFile file = fixture("more_losses");
  const auto read = [&](const char* which) { return file.read<T, 2>(name + "/" + which); };
  const auto loss = triplet_margin_loss(read("anchor"), read("positive"), read("negative"), options);
  check_golden_tensor(file, name + "/loss", Tensor<T, 1>({1}, {loss.value}));
  check_golden_tensor(file, name + "/anchor.grad", loss.anchor);
  check_golden_tensor(file, name + "/positive.grad", loss.positive);
  check_golden_tensor(file, name + "/negative.grad", loss.negative);
}

}  // namespace

TEST_CASE("the triplet loss asks for a margin between distances") {
  const Tensor<double, 2> anchor({3, 2}), positive({3, 2}, {3, 4, 3, 4, 0, 1}), negative({3, 2}, {0, 2, 6, 8, 0, 1.5});
  const TripletMarginLossOptions options{.epsilon = 0, .divisor = 1};
  const auto loss = triplet_margin_loss(anchor, positive, negative, options);
  CHECK(loss.value == doctest::Approx((5 - 2 + 1) + 0 + (1 - 1.5 + 1)));
  CHECK(loss.count == 2);
  CHECK(loss.positive.row(0)[0] == doctest::Approx(0.6));
  CHECK(loss.negative.row(0)[1] == doctest::Approx(-1));
  CHECK(loss.anchor.row(1)[0] == 0);
  CHECK(triplet_margin_loss(anchor, positive, negative, {.epsilon = 0}).value == doctest::Approx(loss.value / 3));
  // With the swap, the third negative is 0.5 from the positive, and 1.5 from the anchor.
  const auto swapped = triplet_margin_loss(anchor, positive, negative, {.epsilon = 0, .swap = true, .divisor = 1});
  CHECK(swapped.value == doctest::Approx((5 - 2 + 1) + (5 - 5 + 1) + (1 - 0.5 + 1)));
}

TEST_CASE_TEMPLATE("the triplet loss is what PyTorch computes", T, float, double) {
  check_golden_triplets<T>("triplet", {});
  check_golden_triplets<T>("triplet_swap", {.margin = 0.4, .swap = true});
}

TEST_CASE("triplet gradients agree with differences") {
  Rng rng(1);
  const PoisonedMemory poison;
  for (const bool swap : {false, true}) {
    CAPTURE(swap);
    auto anchor = random_tensor<double>(Shape{3, 4, 19}, rng);
    auto positive = random_tensor<double>(Shape{3, 4, 19}, rng);
    auto negative = random_tensor<double>(Shape{3, 4, 19}, rng);
    const auto loss = [&] { return triplet_margin_loss(anchor, positive, negative, {.margin = 0.7, .swap = swap}); };
    const auto value = [&] { return loss().value; };
    const auto gradients = loss();
    testing::detail::compare_with_differences("anchor", anchor, gradients.anchor, value, {});
    testing::detail::compare_with_differences("positive", positive, gradients.positive, value, {});
    testing::detail::compare_with_differences("negative", negative, gradients.negative, value, {});
  }
}

TEST_CASE("equal rows have a loss and a gradient that are numbers") {
  const Tensor<float, 2> rows({2, 5});
  for (const double epsilon : {0., 1e-6}) {
    const auto loss = triplet_margin_loss(rows, rows, rows, {.epsilon = epsilon});
    CHECK(loss.value == doctest::Approx(1));
    for (const float value : loss.positive) CHECK(std::isfinite(value));
  }
  auto unknown = rows;
  unknown[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(triplet_margin_loss(unknown, rows, rows).value));
}

TEST_CASE("the triplet loss names what does not fit") {
  const Tensor<float, 2> rows({2, 5}), others({2, 4});
  CHECK_THROWS_WITH_AS(triplet_margin_loss(rows, rows, others),
                       "triplet_margin_loss: the positive [2, 5] and the negative [2, 4] do not fit the anchor [2, 5]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(triplet_margin_loss(rows, rows, rows, {.divisor = -1}),
                       "triplet_margin_loss: the divisor -1 is not positive", OptionError);
}
