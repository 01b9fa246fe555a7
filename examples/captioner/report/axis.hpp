#pragma once
// The axis of a chart: round numbers over a range.

#include <algorithm>
#include <cmath>
#include <vector>

namespace captioner::report {

/// From `first` to `last`, which are ticks themselves.
struct Axis {
  double first;
  double last;
  std::vector<double> ticks;

  /// Where a number lies: 0 at `first`, 1 at `last`.
  double place(double number) const { return (number - first) / (last - first); }
};

/// About so many steps of 1, 2 or 5 times a power of ten over the range, and none smaller than `least_step`.
inline Axis axis_over(double least, double most, int steps = 4, double least_step = 0) {
  if (most <= least) {
    const double around = least == 0 ? 1 : std::abs(least) / 2;
    least -= around;
    most += around;
  }
  const double rough = (most - least) / steps;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double digit = rough <= power ? 1 : rough <= 2 * power ? 2 : rough <= 5 * power ? 5 : 10;
  const double step = std::max(digit * power, least_step);
  const double first = std::floor(least / step), last = std::max(std::ceil(most / step), first + 1);
  Axis axis{first * step, last * step, {}};
  for (double tick = first; tick <= last; ++tick) axis.ticks.push_back(tick * step);
  return axis;
}

}  // namespace captioner::report
