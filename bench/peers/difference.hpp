#pragma once
// Whether two sides of a comparison computed the same.

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <pupil/core/errors.hpp>

namespace bench {

/// Tensors that a pass computed, each in pupil's layout.
using Results = std::vector<std::vector<float>>;

/// In what the two differ by more than `tolerance` of the largest value, or nothing.
inline std::optional<std::string> difference(const Results& ours, const Results& theirs, double tolerance) {
  if (ours.size() != theirs.size()) return "they have not as many results";
  for (std::size_t r = 0; r < ours.size(); ++r) {
    if (ours[r].size() != theirs[r].size()) return pupil::message("result ", r, " is of another size");
    double largest = 0;
    double farthest = 0;
    for (std::size_t i = 0; i < ours[r].size(); ++i) {
      const auto distance = static_cast<double>(std::abs(ours[r][i] - theirs[r][i]));
      if (!std::isfinite(distance)) return pupil::message("result ", r, " is not finite");
      farthest = std::max(farthest, distance);
      largest = std::max(largest, static_cast<double>(std::abs(theirs[r][i])));
    }
    if (farthest > tolerance * largest) {
      return pupil::message("result ", r, " differs by ", farthest, " where the largest value is ", largest);
    }
  }
  return std::nullopt;
}

}  // namespace bench
