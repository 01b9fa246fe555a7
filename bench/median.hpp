#pragma once

#include <algorithm>
#include <vector>

namespace bench {

/// The middle one of the values, of which there must be some; of two in the middle, the larger.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace bench
