#pragma once
// Text and numbers as the page shows them. Whatever a caption, a path or a setting holds, it stays text by `escaped`.

#include <cstdio>
#include <string>

#include "../common/markup.hpp"

namespace captioner::report {

/// A number as briefly as six digits allow: "0.25", "1e-05".
inline std::string brief(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", number);
  return text;
}

/// A number with so many decimals, for coordinates and measures.
inline std::string fixed(double number, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

/// A share as people read it: "72 %".
inline std::string percent(double share, int decimals = 0) { return fixed(100 * share, decimals) + " %"; }

}  // namespace captioner::report
