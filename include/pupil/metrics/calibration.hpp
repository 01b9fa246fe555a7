#pragma once
// How far confidences can be trusted. A confidence is the probability, from 0 to 1, that what was said is right;
// whether it was is known here.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/stable_sort.hpp>

namespace pupil::captioning {

/// What was said with about the same confidence.
struct CalibrationBin {
  std::size_t count = 0;
  double mean_confidence = 0;
  double share_right = 0;
};

/// Of what was said with the highest confidences.
struct CoveragePoint {
  std::size_t count = 0;
  double coverage = 0;          ///< its share of all
  double least_confidence = 0;  ///< of what is kept
  double risk = 0;              ///< the share of it that is wrong
};

namespace detail {

inline void check_confidences(std::span<const double> confidences, const std::vector<bool>& right, const char* what) {
  require<Error>(!confidences.empty(), what, ": there is no confidence");
  require<Error>(confidences.size() == right.size(), what, ": ", confidences.size(), " confidences, but ", right.size(),
                 " judgements");
  for (const double confidence : confidences) {
    require<Error>(confidence >= 0 && confidence <= 1, what, ": a confidence is ", confidence, ", not from 0 to 1");
  }
}

/// Places of the confidences, the highest first, equal ones in their order.
inline std::vector<std::size_t> by_confidence(std::span<const double> confidences) {
  std::vector<std::size_t> places(confidences.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  pupil::detail::stable_sort(places.begin(), places.end(),
                             [&](std::size_t a, std::size_t b) { return confidences[a] > confidences[b]; });
  return places;
}

}  // namespace detail

/// Cuts the range from 0 to 1 into bins of equal width; one in which no confidence lies has a count of 0. Throws Error
/// where there is no confidence, where one is outside the range, or where there are more or fewer judgements.
inline std::vector<CalibrationBin> calibration_bins(std::span<const double> confidences, const std::vector<bool>& right,
                                                    std::size_t bin_count = 10) {
  detail::check_confidences(confidences, right, "calibration_bins");
  require<Error>(bin_count >= 1, "calibration_bins: bin_count is 0");
  std::vector<CalibrationBin> bins(bin_count);
  for (std::size_t i = 0; i < confidences.size(); ++i) {
    const auto place = static_cast<std::size_t>(confidences[i] * static_cast<double>(bin_count));
    CalibrationBin& bin = bins[std::min(place, bin_count - 1)];
    ++bin.count;
    bin.mean_confidence += confidences[i];
    bin.share_right += right[i] ? 1 : 0;
  }
  for (CalibrationBin& bin : bins) {
    if (bin.count == 0) continue;
    bin.mean_confidence /= static_cast<double>(bin.count);
    bin.share_right /= static_cast<double>(bin.count);
  }
  return bins;
}

/// ECE (Naeini, Cooper, Hauskrecht 2015; Guo et al. 2017): how far confidence and share that is right are apart in a
/// bin, as the mean over everything that was said.
inline double expected_calibration_error(const std::vector<CalibrationBin>& bins) {
  double error = 0;
  std::size_t count = 0;
  for (const CalibrationBin& bin : bins) {
    error += static_cast<double>(bin.count) * std::abs(bin.mean_confidence - bin.share_right);
    count += bin.count;
  }
  require<Error>(count > 0, "expected_calibration_error: there is no confidence");
  return error / static_cast<double>(count);
}

/// The risk that is left where only the most confident tenth is kept, two tenths, ... and all (El-Yaniv, Wiener 2010);
/// of equal confidences the first are kept. Throws Error as calibration_bins does.
inline std::vector<CoveragePoint> risk_coverage(std::span<const double> confidences, const std::vector<bool>& right,
                                                std::size_t steps = 10) {
  detail::check_confidences(confidences, right, "risk_coverage");
  require<Error>(steps >= 1, "risk_coverage: steps is 0");
  const std::vector<std::size_t> places = detail::by_confidence(confidences);
  std::vector<CoveragePoint> points;
  std::size_t kept = 0;
  std::size_t wrong = 0;
  for (std::size_t step = 1; step <= steps; ++step) {
    const std::size_t end = std::max<std::size_t>(1, places.size() * step / steps);
    for (; kept < end; ++kept) wrong += right[places[kept]] ? 0 : 1;
    points.push_back({.count = kept,
                      .coverage = static_cast<double>(kept) / static_cast<double>(places.size()),
                      .least_confidence = confidences[places[kept - 1]],
                      .risk = static_cast<double>(wrong) / static_cast<double>(kept)});
  }
  return points;
}

/// How probable it is that of something right and something wrong the right one has the higher confidence, where a tie
/// counts half: .5 is chance, 1 is perfect. Throws Error as calibration_bins does; .5 where all are right, or all
/// wrong.
inline double area_under_roc(std::span<const double> confidences, const std::vector<bool>& right) {
  detail::check_confidences(confidences, right, "area_under_roc");
  const std::vector<std::size_t> places = detail::by_confidence(confidences);
  double pairs_in_order = 0;
  double right_before = 0;
  double wrong_in_all = 0;
  for (std::size_t first = 0; first < places.size();) {
    double right_here = 0;
    double wrong_here = 0;
    const double confidence = confidences[places[first]];
    for (; first < places.size() && confidences[places[first]] == confidence; ++first) {
      (right[places[first]] ? right_here : wrong_here) += 1;
    }
    pairs_in_order += wrong_here * (right_before + right_here / 2);
    right_before += right_here;
    wrong_in_all += wrong_here;
  }
  const double pairs = right_before * wrong_in_all;
  return pairs == 0 ? .5 : pairs_in_order / pairs;
}

}  // namespace pupil::captioning
