#pragma once
// How rare a distance is. Nine tenths of the distances it was fitted to are common; beyond, distances are taken to fall
// off exponentially, as the tails of most distributions do, so that it can tell apart distances that are all farther
// than any that was seen.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <pupil/core/errors.hpp>

namespace pupil::captioning {

struct DistanceTail {
  double common = 0;       ///< a tenth of all distances are farther
  double mean_excess = 0;  ///< of that tenth, over `common`

  /// How probable it is that a distance is as far as this or farther; .1 for all that are common.
  double probability(double distance) const { return .1 * std::exp(-std::max(0.0, distance - common) / mean_excess); }

  bool operator==(const DistanceTail&) const = default;
};

/// Throws Error where there are fewer than ten distances, or where the farthest tenth is no farther than the others.
inline DistanceTail fit_distance_tail(std::span<const double> distances) {
  require<Error>(distances.size() >= 10, "fit_distance_tail: there are only ", distances.size(), " distances");
  std::vector<double> sorted(distances.begin(), distances.end());
  std::ranges::sort(sorted);
  const std::size_t far = sorted.size() / 10;
  DistanceTail tail{.common = sorted[sorted.size() - far - 1]};
  for (std::size_t i = sorted.size() - far; i < sorted.size(); ++i) {
    tail.mean_excess += (sorted[i] - tail.common) / static_cast<double>(far);
  }
  require<Error>(tail.mean_excess > 0, "fit_distance_tail: the farthest are no farther than ", tail.common);
  return tail;
}

}  // namespace pupil::captioning
