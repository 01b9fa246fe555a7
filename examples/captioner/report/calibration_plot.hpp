#pragma once
// How far the confidences of captions can be trusted, as a plot and in numbers.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/metrics/calibration.hpp>

#include "../scores/confidence_report.hpp"
#include "html.hpp"

namespace captioner::report {

namespace detail {

/// A square, 0 to 1 both ways, in units of the drawing.
struct CalibrationSquare {
  static constexpr double left = 46, top = 10, side = 240;

  static std::string across(double share) { return fixed(left + share * side, 1); }
  static std::string down(double share) { return fixed(top + (1 - share) * side, 1); }
};

inline std::string calibration_axes() {
  using Square = CalibrationSquare;
  std::string svg;
  for (int tenth = 0; tenth <= 10; tenth += 2) {
    const double share = tenth / 10.0;
    svg += "<path class=\"grid\" d=\"M" + Square::across(0) + ' ' + Square::down(share) + "H" + Square::across(1) +
           "\"/><text class=\"at-left\" x=\"" + fixed(Square::left - 6, 1) + "\" y=\"" + Square::down(share) + "\">" +
           brief(share) + "</text><text class=\"below\" x=\"" + Square::across(share) + "\" y=\"" +
           fixed(Square::top + Square::side + 16, 1) + "\">" + brief(share) + "</text>";
  }
  return svg + "<path class=\"ideal\" d=\"M" + Square::across(0) + ' ' + Square::down(0) + "L" + Square::across(1) +
         ' ' + Square::down(1) + "\"/><text class=\"below\" x=\"" + Square::across(.5) +
         "\" y=\"284\">confidence</text>";
}

/// Bars as wide as their bins, with a point at the mean confidence; the fainter, the fewer captions they are of.
inline std::string calibration_bars(const std::vector<pupil::captioning::CalibrationBin>& bins) {
  using Square = CalibrationSquare;
  std::size_t most = 1;
  for (const auto& bin : bins) most = std::max(most, bin.count);
  std::string svg;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i].count == 0) continue;
    const double width = 1 / static_cast<double>(bins.size()), from = static_cast<double>(i) * width;
    const double strength = .25 + .75 * static_cast<double>(bins[i].count) / static_cast<double>(most);
    svg += "<rect class=\"bin\" x=\"" + Square::across(from) + "\" y=\"" + Square::down(bins[i].share_right) +
           "\" width=\"" + fixed(width * Square::side - 2, 1) + "\" height=\"" +
           fixed(bins[i].share_right * Square::side, 1) + "\" fill-opacity=\"" + fixed(strength, 2) +
           "\"/><circle class=\"bin-point\" cx=\"" + Square::across(bins[i].mean_confidence) + "\" cy=\"" +
           Square::down(bins[i].share_right) + "\" r=\"4\"/>";
  }
  return svg;
}

inline std::string calibration_table(const std::vector<pupil::captioning::CalibrationBin>& bins) {
  std::string html =
      "<table class=\"numbers\"><caption>By confidence</caption><thead><tr><th scope=\"col\">confidence</th>"
      "<th scope=\"col\">captions</th><th scope=\"col\">on average</th><th scope=\"col\">acceptable</th></tr>"
      "</thead><tbody>\n";
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const auto& bin = bins[i];
    const double width = 1 / static_cast<double>(bins.size()), from = static_cast<double>(i) * width;
    const auto share = [&](double value) { return bin.count > 0 ? percent(value) : std::string(); };
    html += pupil::message("<tr><th scope=\"row\">", fixed(100 * from, 0), " to ", percent(from + width), "</th><td>",
                           bin.count, "</td><td>", share(bin.mean_confidence), "</td><td>", share(bin.share_right),
                           "</td></tr>\n");
  }
  return html + "</tbody></table>\n";
}

inline std::string coverage_table(const std::vector<pupil::captioning::CoveragePoint>& points) {
  std::string html =
      "<table class=\"numbers\"><caption>If the least confident are left out</caption><thead><tr>"
      "<th scope=\"col\">kept</th><th scope=\"col\">confidence at least</th><th scope=\"col\">not acceptable</th></tr>"
      "</thead><tbody>\n";
  for (const auto& point : points) {
    html += "<tr><th scope=\"row\">" + percent(point.coverage) + "</th><td>" + percent(point.least_confidence) +
            "</td><td>" + percent(point.risk, 1) + "</td></tr>\n";
  }
  return html + "</tbody></table>\n";
}

}  // namespace detail

/// The plot and two tables; where there are no confidences, a line that says so.
inline std::string calibration_html(const std::optional<ConfidenceReport>& report) {
  if (!report) {
    return "<p id=\"no-confidence\">There is no plot: these captions have no confidence. It is what captioner tune "
           "teaches a captioner.</p>\n";
  }
  const std::string error = fixed(report->expected_calibration_error, 3);
  return pupil::message(
             "<p>Expected calibration error (ten bins): ", error, ". Measured on ", report->measured_on, ": ",
             percent(static_cast<double>(report->acceptable) / static_cast<double>(report->captions)),
             " of their captions are acceptable. A bar on the dashed line means that as many captions are "
             "acceptable as their confidence says; the stronger its colour, the more captions it is of.</p>\n"
             "<div class=\"side-by-side\"><figure class=\"chart calibration\"><figcaption>Share of captions "
             "that are acceptable, by confidence</figcaption><svg viewBox=\"0 0 300 290\" role=\"img\" "
             "aria-label=\"Calibration: expected calibration error ",
             error, "; the table has the numbers.\">") +
         detail::calibration_axes() + detail::calibration_bars(report->bins) + "</svg></figure>\n" +
         detail::calibration_table(report->bins) + detail::coverage_table(report->risk_coverage) + "</div>\n";
}

}  // namespace captioner::report
