#pragma once
// Lines over epochs, as SVG inside a page.

#include <optional>
#include <string>
#include <vector>

namespace captioner::report {

/// A line; it has gaps where there is no value.
struct Series {
  std::string name;
  std::vector<std::optional<double>> values;

  /// Whether there is anything to draw.
  bool has_values() const;
};

struct LineChart {
  std::string title;
  std::vector<double> epochs;  ///< of the values of each series
  std::vector<Series> series;  ///< at most four; those without values are not drawn
};

/// A <figure> with the chart, what its colours mean, and what it shows in words. Empty where there is nothing to draw.
std::string to_html(const LineChart& chart);

}  // namespace captioner::report
