#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/metrics/calibration.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

/// Confidences, and judgements that are as probable as these say.
struct Judged {
  std::vector<double> confidences;
  std::vector<bool> right;
};

Judged honest(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  Judged judged;
  for (std::size_t i = 0; i < count; ++i) {
    judged.confidences.push_back(rng.uniform(0.0, 1.0));
    judged.right.push_back(rng.uniform(0.0, 1.0) < judged.confidences.back());
  }
  return judged;
}

}  // namespace

TEST_CASE("the calibration error is the mean distance of confidence and share that is right, bin by bin") {
  const std::vector<double> confidences{.02, .08, .31, .39, .95, 1.0};
  const std::vector<bool> right{false, true, true, true, true, false};
  const auto bins = calibration_bins(confidences, right);
  REQUIRE(bins.size() == 10);
  CHECK(bins[0].count == 2);
  CHECK(bins[0].mean_confidence == doctest::Approx(.05));
  CHECK(bins[0].share_right == doctest::Approx(.5));
  CHECK(bins[3].count == 2);
  CHECK(bins[3].share_right == doctest::Approx(1));
  CHECK(bins[5].count == 0);
  CHECK(bins[9].count == 2);
  CHECK(expected_calibration_error(bins) == doctest::Approx((2 * .45 + 2 * .65 + 2 * .475) / 6));
}

TEST_CASE("confidences that are honest have no calibration error, however uncertain; those that boast have") {
  const std::uint64_t seed = 11;
  CAPTURE(seed);
  Judged judged = honest(100'000, seed);
  CHECK(expected_calibration_error(calibration_bins(judged.confidences, judged.right)) < .01);
  for (double& confidence : judged.confidences) confidence = std::sqrt(confidence);
  CHECK(expected_calibration_error(calibration_bins(judged.confidences, judged.right)) ==
        doctest::Approx(2.0 / 3 - 1.0 / 2).epsilon(.05));
}

TEST_CASE("the risk at a coverage is of the most confident alone") {
  const std::vector<double> confidences{.1, .9, .5, .7};
  const std::vector<bool> right{false, true, false, true};
  const auto points = risk_coverage(confidences, right, 4);
  REQUIRE(points.size() == 4);
  CHECK(points[0].risk == 0);
  CHECK(points[1].risk == 0);
  CHECK(points[1].least_confidence == .7);
  CHECK(points[2].risk == doctest::Approx(1.0 / 3));
  CHECK(points[3].risk == doctest::Approx(.5));
  CHECK(points[3].count == 4);
  CHECK(points[3].coverage == 1);
  const auto few = risk_coverage(std::vector<double>{.4}, {true}, 10);
  CHECK(few.front().count == 1);
}

TEST_CASE("the area under the curve is the share of pairs in order, and a tie counts half") {
  CHECK(area_under_roc(std::vector<double>{.1, .9, .5, .7}, {false, true, false, true}) == 1);
  CHECK(area_under_roc(std::vector<double>{.1, .9, .5, .7}, {true, false, true, false}) == 0);
  CHECK(area_under_roc(std::vector<double>{.5, .5, .5}, {true, false, true}) == .5);
  CHECK(area_under_roc(std::vector<double>{.5, .5, .9}, {true, false, false}) == .25);
  CHECK(area_under_roc(std::vector<double>{.5, .6}, {true, true}) == .5);
  const Judged judged = honest(300, 5);
  double in_order = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    for (std::size_t j = 0; j < 300; ++j) {
      if (!judged.right[i] || judged.right[j]) continue;
      pairs += 1;
      in_order += judged.confidences[i] > judged.confidences[j] ? 1 : 0;
    }
  }
  CHECK(area_under_roc(judged.confidences, judged.right) == doctest::Approx(in_order / pairs));
}

TEST_CASE("confidences that are none, and judgements of other numbers, are refused") {
  CHECK_THROWS_AS(calibration_bins(std::vector<double>{}, {}), Error);
  CHECK_THROWS_AS(calibration_bins(std::vector<double>{.5}, {true, false}), Error);
  CHECK_THROWS_AS(calibration_bins(std::vector<double>{1.5}, {true}), Error);
  CHECK_THROWS_AS(risk_coverage(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}, {true}), Error);
  CHECK_THROWS_AS(expected_calibration_error({}), Error);
}
