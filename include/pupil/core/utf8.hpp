#pragma once
// UTF-8 (RFC 3629), the one form in which pupil reads and writes text: is it, what stands there, and how it is shown.
// Overlong forms, surrogates and what lies above U+10FFFF are not UTF-8.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// What some programs write before a text, and which is no part of it.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The text without the three bytes at its beginning that say that it is UTF-8, where they are there.
inline std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return text;
}

/// With small letters for ASCII's capitals; all other bytes stay, whatever the locale.
inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

/// The length of the UTF-8 sequence at `position`, or 0 where it is malformed.
inline std::size_t utf8_sequence_length(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return position + i < text.size() ? static_cast<unsigned char>(text[position + i]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  const unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (length == 0 || byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
  }
  return length;
}

/// Where the first byte stands that begins no UTF-8 sequence; npos where all is well.
inline std::size_t find_malformed_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t length = utf8_sequence_length(text, position);
    if (length == 0) return position;
    position += length;
  }
  return std::string_view::npos;
}

/// Whether all of the text is well-formed UTF-8.
inline bool is_utf8(std::string_view text) { return find_malformed_utf8(text) == std::string_view::npos; }

/// What stands for a byte that is no UTF-8.
inline constexpr char32_t replacement_character = 0xFFFD;

/// The code point at `position`, which moves behind it. A malformed byte gives the replacement character, and is passed
/// alone. `position` lies within the text.
inline char32_t next_code_point(std::string_view text, std::size_t& position) {
  const std::size_t length = utf8_sequence_length(text, position);
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[position + i]));
  };
  if (length == 0) {
    ++position;
    return replacement_character;
  }
  char32_t code = length == 1 ? byte(0) : byte(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3Fu);
  position += length;
  return code;
}

/// Appends a code point, at most U+10FFFF, as UTF-8.
inline void append_utf8(std::string& text, char32_t code) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  const auto put_tail = [&](int bits) { put(0x80u | ((code >> bits) & 0x3Fu)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0u | code >> 6), put_tail(0);
  } else if (code < 0x10000) {
    put(0xE0u | code >> 12), put_tail(6), put_tail(0);
  } else {
    put(0xF0u | code >> 18), put_tail(12), put_tail(6), put_tail(0);
  }
}

/// Bytes as a message shows them, so that a name which looks like another on a terminal is told apart: "\n" for control
/// characters, "\xE9" for bytes that are not UTF-8, "\u{FEFF}" for a byte order mark, spaces that are not ASCII's and
/// what else has no ink.
inline std::string visible(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string shown;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t first = position;
    const char32_t code = next_code_point(text, position);
    const auto byte = static_cast<unsigned char>(text[first]);
    const bool inkless = code == 0xA0 || code == 0xAD || (code >= 0x2000 && code <= 0x200F) ||
                         (code >= 0x2028 && code <= 0x202F) || (code >= 0x205F && code <= 0x206F) || code == 0x3000 ||
                         code == 0xFEFF;
    if (utf8_sequence_length(text, first) == 0 || code < 0x20 || code == 0x7F) {
      const std::size_t simple = std::string_view("\t\n\r").find(text[first]);
      shown += '\\';
      if (simple != std::string_view::npos) {
        shown += "tnr"[simple];
      } else {
        shown += {'x', digits[byte >> 4], digits[byte & 15u]};
      }
    } else if (inkless || (code >= 0x80 && code < 0xA0)) {
      shown += "\\u{";
      for (int shift = code > 0xFF ? 12 : 4; shift >= 0; shift -= 4) shown += digits[code >> shift & 15u];
      shown += '}';
    } else {
      shown.append(text, first, position - first);
    }
  }
  return shown;
}

/// What is within reach of a message: the start of a line, `visible`.
inline std::string shown_line(std::string_view line) {
  constexpr std::size_t most = 80;
  if (line.size() <= most) return visible(line);
  std::size_t end = most;
  while (end > most - 4 && (static_cast<unsigned char>(line[end]) & 0xC0u) == 0x80u) --end;
  return visible(line.substr(0, end)) + "...";
}

}  // namespace pupil
