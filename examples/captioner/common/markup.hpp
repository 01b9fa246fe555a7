#pragma once
// Text that others chose, such as the names of files, in HTML and XML.

#include <string>
#include <string_view>

#include <pupil/core/utf8.hpp>

namespace captioner {

/// The text between tags or in an attribute in double quotes. Bytes that are not UTF-8, and control characters, which
/// XML has no way to write, become U+FFFD.
inline std::string escaped(std::string_view text) {
  std::string safe;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t code = pupil::next_code_point(text, position);
    const bool is_control = (code < 0x20 && code != '\t' && code != '\n' && code != '\r') || code == 0x7F ||
                            code == 0xFFFE || code == 0xFFFF;
    if (code == '&') {
      safe += "&amp;";
    } else if (code == '<') {
      safe += "&lt;";
    } else if (code == '>') {
      safe += "&gt;";
    } else if (code == '"') {
      safe += "&quot;";
    } else if (code == '\'') {
      safe += "&#39;";
    } else {
      pupil::append_utf8(safe, is_control ? pupil::replacement_character : code);
    }
  }
  return safe;
}

/// A path as a relative address: every byte that may mean something else in one is % and two digits, so that a browser
/// finds the file whatever its name is.
inline std::string percent_encoded(std::string_view path) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string address;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain.find(c) != plain.npos) {
      address += c;
    } else {
      address += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return address;
}

}  // namespace captioner
