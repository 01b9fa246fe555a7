#pragma once
// Text as HTML shows it: whatever a caption, a path or a setting holds, it stays text.

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <pupil/core/utf8.hpp>

namespace captioner::report {

namespace detail {

/// What stands for a character that means something in HTML; empty for any other.
inline std::string_view entity(char32_t code) {
  switch (code) {
    case U'&':
      return "&amp;";
    case U'<':
      return "&lt;";
    case U'>':
      return "&gt;";
    case U'"':
      return "&quot;";
    case U'\'':
      return "&#39;";
    default:
      return "";
  }
}

}  // namespace detail

/// The text for the inside of an element or of an attribute in quotes. Control characters and bytes that are not UTF-8
/// become U+FFFD, line ends and tabs blanks.
inline std::string escaped(std::string_view text) {
  std::string html;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t code = pupil::next_code_point(text, position);
    const bool is_blank = code == U'\t' || code == U'\n' || code == U'\r';
    const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    if (const auto known = detail::entity(code); !known.empty()) {
      html += known;
    } else if (is_blank) {
      html += ' ';
    } else {
      pupil::append_utf8(html, is_control ? pupil::replacement_character : code);
    }
  }
  return html;
}

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
