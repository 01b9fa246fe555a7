#pragma once
// How far a captioner's confidences can be trusted, as evaluate prints it, and writes it as JSON.

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/metrics/calibration.hpp>

namespace captioner {

/// What was measured on some captions.
struct ConfidenceReport {
  std::string measured_on;  ///< as people read it: which images
  std::size_t captions = 0;
  std::size_t acceptable = 0;
  double expected_calibration_error = 0;
  double area_under_roc = 0;
  double lowest_fifth = 0;  ///< a fifth of the captions have a confidence below this
  std::vector<pupil::captioning::CalibrationBin> bins;
  std::vector<pupil::captioning::CoveragePoint> risk_coverage;
};

/// Throws Error where there is no caption.
ConfidenceReport report_confidence(std::string measured_on, const std::vector<double>& confidences,
                                   const std::vector<bool>& acceptable);

/// Figures, the calibration by bins, and the table of risk and coverage.
std::string confidence_text(const ConfidenceReport& report);

nlohmann::ordered_json json_of(const ConfidenceReport& report);

}  // namespace captioner
