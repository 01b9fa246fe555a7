#pragma once
// What somebody who misspelt a name may have meant.

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace command_line {

/// How many letters have to be put in, taken out or changed to make one word of the other; two neighbours that changed
/// places count as one.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last, row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::move(last);
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row.back();
}

/// The known name that is nearest, where one is near enough: a third of its letters may be wrong, or its end missing
/// where no other begins so.
inline std::optional<std::string> nearest_name(std::string_view typed, const std::vector<std::string>& known) {
  std::optional<std::string> nearest;
  std::size_t least = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(typed, name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  if (nearest || typed.empty()) return nearest;
  const auto begins = [&](const std::string& name) { return name.starts_with(typed); };
  const auto first = std::ranges::find_if(known, begins);
  if (first != known.end() && std::ranges::count_if(known, begins) == 1) return *first;
  return {};
}

}  // namespace command_line
