#include "confidence_report.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <pupil/core/errors.hpp>

#include "acceptable.hpp"
#include "score_report.hpp"

namespace captioner {

namespace {

/// A number of a table, right-aligned.
std::string padded_cell(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string percent(double share) { return with_decimals(100 * share, 1) + " %"; }

std::string bin_row(const ConfidenceReport& report, std::size_t i) {
  const pupil::captioning::CalibrationBin& bin = report.bins[i];
  const auto count = static_cast<double>(report.bins.size());
  const std::string from = with_decimals(static_cast<double>(i) / count, 1);
  const std::string to = with_decimals(static_cast<double>(i + 1) / count, 1);
  return padded_cell(from + " to " + to, 10) + padded_cell(std::to_string(bin.count), 10) +
         padded_cell(with_decimals(bin.mean_confidence, 3), 17) + padded_cell(with_decimals(bin.share_right, 3), 12) +
         "\n";
}

std::string coverage_row(const pupil::captioning::CoveragePoint& point) {
  return padded_cell(percent(point.coverage), 10) + padded_cell(std::to_string(point.count), 10) +
         padded_cell(with_decimals(point.least_confidence, 3), 17) + padded_cell(percent(point.risk), 12) + "\n";
}

}  // namespace

ConfidenceReport report_confidence(std::string measured_on, const std::vector<double>& confidences,
                                   const std::vector<bool>& acceptable) {
  ConfidenceReport report{.measured_on = std::move(measured_on),
                          .captions = confidences.size(),
                          .acceptable = static_cast<std::size_t>(std::ranges::count(acceptable, true)),
                          .area_under_roc = pupil::captioning::area_under_roc(confidences, acceptable),
                          .bins = pupil::captioning::calibration_bins(confidences, acceptable),
                          .risk_coverage = pupil::captioning::risk_coverage(confidences, acceptable)};
  report.expected_calibration_error = pupil::captioning::expected_calibration_error(report.bins);
  std::vector<double> sorted = confidences;
  std::ranges::sort(sorted);
  report.lowest_fifth = sorted[sorted.size() / 5];
  return report;
}

std::string confidence_text(const ConfidenceReport& report) {
  const double share = static_cast<double>(report.acceptable) / static_cast<double>(report.captions);
  std::string text = "\nconfidence, measured on " + report.measured_on + "\n";
  text += pupil::message("acceptable         ", report.acceptable, " of ", report.captions, " (", percent(share),
                         "): CIDEr-D ", acceptable_cider_d, " or more\n");
  text += "calibration error  " + with_decimals(report.expected_calibration_error, 4) + " (ECE, ten bins)\n";
  text += "area under curve   " + with_decimals(report.area_under_roc, 4) + " (ROC)\n";
  text += "lowest fifth       below " + with_decimals(report.lowest_fifth, 3) + "\n\n";
  text += "confidence    images  mean confidence  acceptable\n";
  for (std::size_t i = 0; i < report.bins.size(); ++i) {
    if (report.bins[i].count > 0) text += bin_row(report, i);
  }
  text += "\n  coverage    images  confidence from        risk\n";
  for (const pupil::captioning::CoveragePoint& point : report.risk_coverage) text += coverage_row(point);
  return text;
}

nlohmann::ordered_json json_of(const ConfidenceReport& report) {
  nlohmann::ordered_json json{{"measured_on", report.measured_on},
                              {"acceptable_cider_d", acceptable_cider_d},
                              {"captions", report.captions},
                              {"acceptable", report.acceptable},
                              {"expected_calibration_error", report.expected_calibration_error},
                              {"area_under_roc", report.area_under_roc},
                              {"lowest_fifth", report.lowest_fifth}};
  auto& bins = json["bins"] = nlohmann::ordered_json::array();
  for (const pupil::captioning::CalibrationBin& bin : report.bins) {
    bins.push_back(
        {{"captions", bin.count}, {"mean_confidence", bin.mean_confidence}, {"acceptable", bin.share_right}});
  }
  auto& points = json["risk_coverage"] = nlohmann::ordered_json::array();
  for (const pupil::captioning::CoveragePoint& point : report.risk_coverage) {
    points.push_back({{"coverage", point.coverage},
                      {"captions", point.count},
                      {"confidence_from", point.least_confidence},
                      {"risk", point.risk}});
  }
  return json;
}

}  // namespace captioner
