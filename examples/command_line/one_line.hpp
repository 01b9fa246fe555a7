#pragma once
// Text that others chose, such as the names of files, on one line of output: characters that would end the line, divide
// it, or be obeyed by a terminal are written as escapes.

#include <string>
#include <string_view>

namespace command_line {

namespace detail {

inline bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

/// Whether the two bytes are one of the control characters from U+0080 to U+009F.
inline bool is_wide_control(unsigned char first, unsigned char second) {
  return first == 0xC2 && second >= 0x80 && second < 0xA0;
}

inline std::string escape(unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    default:
      return {'\\', 'x', digits[c >> 4U], digits[c & 0xFU]};
  }
}

}  // namespace detail

/// The text for people: a tab is \t, a line end \n or \r, any other control character \x and two hexadecimal digits a
/// byte; all other bytes are as they were.
inline std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (detail::is_wide_control(c, next)) {
      line += detail::escape(c) + detail::escape(next);
      ++i;
    } else if (detail::is_control(c)) {
      line += detail::escape(c);
    } else {
      line += text[i];
    }
  }
  return line;
}

/// The text as a field between tabs, for programs: as `one_line`, and a backslash is two, so that it can be read back.
inline std::string field(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled += c == '\\' ? "\\\\" : std::string(1, c);
  return one_line(doubled);
}

}  // namespace command_line
