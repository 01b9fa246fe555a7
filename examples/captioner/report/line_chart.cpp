#include "line_chart.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

#include <pupil/core/errors.hpp>

#include "axis.hpp"
#include "html.hpp"

namespace captioner::report {

namespace {

/// In units of the drawing, which a page scales to the room there is.
struct Sheet {
  static constexpr double width = 420, height = 230;
  static constexpr double left = 52, right = 408, top = 10, bottom = 196;
};

/// Where the axes put the points of a chart.
struct Plane {
  Axis x;
  Axis y;

  std::string across(double epoch) const {
    return fixed(Sheet::left + x.place(epoch) * (Sheet::right - Sheet::left), 1);
  }
  std::string down(double value) const {
    return fixed(Sheet::bottom - y.place(value) * (Sheet::bottom - Sheet::top), 1);
  }
};

Plane plane_of(const LineChart& chart) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const Series& series : chart.series) {
    for (const auto& value : series.values) {
      if (!value) continue;
      least = std::min(least, *value);
      most = std::max(most, *value);
    }
  }
  const auto [first, last] = std::ranges::minmax(chart.epochs);
  return {axis_over(first, last, 6, 1), axis_over(least, most)};
}

std::string axes_svg(const Plane& plane) {
  std::string svg;
  for (const double tick : plane.y.ticks) {
    const std::string y = plane.down(tick);
    svg += pupil::message("<path class=\"grid\" d=\"M", Sheet::left, ' ', y, "H", Sheet::right,
                          "\"/><text class=\"at-left\" x=\"", Sheet::left - 6, "\" y=\"", y, "\">", brief(tick),
                          "</text>");
  }
  for (const double tick : plane.x.ticks) {
    svg += pupil::message("<text class=\"below\" x=\"", plane.across(tick), "\" y=\"", Sheet::bottom + 16, "\">",
                          brief(tick), "</text>");
  }
  return svg + pupil::message("<text class=\"below\" x=\"", (Sheet::left + Sheet::right) / 2, "\" y=\"",
                              Sheet::height - 2, "\">epoch</text>");
}

std::string line_svg(const Plane& plane, const LineChart& chart, const Series& series, std::size_t number) {
  std::string path, points;
  bool is_down = false;  // whether the pen is
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    const auto& value = series.values[i];
    if (value) {
      const std::string x = plane.across(chart.epochs[i]), y = plane.down(*value);
      path += (is_down ? "L" : "M") + x + ' ' + y;
      points += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"3\"><title>" + escaped(series.name) + ", epoch " +
                brief(chart.epochs[i]) + ": " + brief(*value) + "</title></circle>";
    }
    is_down = value.has_value();
  }
  return pupil::message("<g class=\"line line-", number, "\"><path d=\"", path, "\"/>", points, "</g>");
}

std::string in_words(const LineChart& chart, const Series& series) {
  const auto is_there = [](const std::optional<double>& value) { return value.has_value(); };
  const auto first = std::ranges::find_if(series.values, is_there);
  const auto last = std::find_if(series.values.rbegin(), series.values.rend(), is_there).base() - 1;
  const auto at = [&](auto place) {
    return brief(chart.epochs[static_cast<std::size_t>(place - series.values.begin())]);
  };
  if (first == last) return series.name + ": " + brief(**first) + " in epoch " + at(first) + ".";
  return series.name + ": " + brief(**first) + " in epoch " + at(first) + ", " + brief(**last) + " in epoch " +
         at(last) + ".";
}

}  // namespace

bool Series::has_values() const {
  return std::ranges::any_of(values, [](const auto& value) { return value.has_value(); });
}

std::string to_html(const LineChart& chart) {
  if (std::ranges::none_of(chart.series, &Series::has_values)) return "";
  const Plane plane = plane_of(chart);
  std::string lines, legend, words;
  std::size_t number = 0;
  for (const Series& series : chart.series) {
    if (!series.has_values()) continue;
    lines += line_svg(plane, chart, series, number);
    legend += pupil::message("<li><svg class=\"key\" viewBox=\"0 0 28 8\" aria-hidden=\"true\"><g class=\"line line-",
                             number, "\"><path d=\"M0 4H28\"/></g></svg>", escaped(series.name), "</li>");
    words += ' ' + in_words(chart, series);
    ++number;
  }
  return "<figure class=\"chart\"><figcaption>" + escaped(chart.title) + "</figcaption><ul class=\"legend\">" + legend +
         "</ul>" +
         pupil::message("<svg viewBox=\"0 0 ", Sheet::width, ' ', Sheet::height, "\" role=\"img\" aria-label=\"",
                        escaped(chart.title + " by epoch." + words), "\">") +
         axes_svg(plane) + lines + "</svg></figure>\n";
}

}  // namespace captioner::report
