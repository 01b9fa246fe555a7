#pragma once
// As much of JSON (RFC 8259) as the header of a safetensors file, lists of captions and models need, read strictly.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>

namespace pupil {

/// The text as a JSON string with its quotes, on one line.
inline std::string json_quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (code < 0x20 || code == 0x7F) {
      result += {'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15u]};
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// Reads one JSON text from front to back. Every error is a FileError: `name: what was wrong, at byte 17 of the
/// header`.
class JsonReader {
 public:
  /// `part` is what errors call the text itself.
  JsonReader(std::string_view text, std::string name, std::string part = "the header")
      : text_(text), name_(std::move(name)), part_(std::move(part)) {}

  /// An object: calls `member(key)` for each key, which must read the value. Throws where a key comes twice.
  template <class Member>
  void object(Member&& member) {
    std::set<std::string, std::less<>> keys;
    sequence('{', '}', [&] {
      std::string key = string();
      check(!keys.contains(key), "the name ", json_quoted(key), " stands twice");
      expect(':');
      member(*keys.insert(std::move(key)).first);
    });
  }

  /// An array: calls `element()` for each element, which must read it.
  template <class Element>
  void array(Element&& element) {
    sequence('[', ']', element);
  }

  std::string string();

  /// A whole number from 0 to 2^64 - 1.
  std::uint64_t whole_number();

  /// Any number, as the double that is nearest.
  double number();

  /// true or false.
  bool boolean();

  /// Whether null comes next, which is then read.
  bool null() {
    skip_white_space();
    return accept_literal("null");
  }

  /// Whether a string comes next.
  bool at_string() {
    skip_white_space();
    return peek() == '"';
  }

  /// Any value, checked but not kept.
  void skip_value(int depth = 0);

  /// Checks that nothing but white space is left.
  void end() {
    skip_white_space();
    check(position_ == text_.size(), "more text after the end");
  }

  /// Throws FileError with this position, unless the condition holds.
  template <class... Parts>
  void check(bool condition, const Parts&... parts) const {
    require<FileError>(condition, name_, ": ", parts..., ", at byte ", position_, " of ", part_);
  }

 private:
  static constexpr int max_depth = 128;

  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  bool at_digit() const { return peek() >= '0' && peek() <= '9'; }

  void skip_white_space() {
    while (position_ < text_.size() && std::string_view(" \t\n\r").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  // null, true or false.
  bool accept_literal(std::string_view literal) {
    if (!text_.substr(position_).starts_with(literal)) return false;
    position_ += literal.size();
    return true;
  }

  // White space, then this character.
  bool accept(char wanted) {
    skip_white_space();
    if (position_ == text_.size() || peek() != wanted) return false;
    ++position_;
    return true;
  }
  void expect(char wanted) { check(accept(wanted), "expected '", wanted, "'"); }

  template <class Item>
  void sequence(char open, char close, Item&& item) {
    expect(open);
    if (accept(close)) return;
    do {
      item();
    } while (accept(','));
    expect(close);
  }

  void escape(std::string& result);
  std::uint32_t four_hex_digits();
  void digits();
  void skip_number();

  std::string_view text_;
  std::string name_;
  std::string part_;
  std::size_t position_ = 0;
};

inline std::string JsonReader::string() {
  expect('"');
  std::string result;
  while (true) {
    check(position_ < text_.size(), "a string without an end");
    const char c = text_[position_];
    check(static_cast<unsigned char>(c) >= 0x20, "a control character in a string");
    if (c == '\\') {
      escape(result);
    } else if (c == '"') {
      ++position_;
      return result;
    } else {
      const std::size_t length = utf8_sequence_length(text_, position_);
      check(length > 0, "malformed UTF-8");
      result.append(text_, position_, length);
      position_ += length;
    }
  }
}

inline void JsonReader::escape(std::string& result) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view characters = "\"\\/\b\f\n\r\t";
  ++position_;
  if (const std::size_t simple = letters.find(peek()); simple != std::string_view::npos) {
    ++position_;
    result += characters[simple];
    return;
  }
  check(peek() == 'u', "an unknown escape in a string");
  ++position_;
  std::uint32_t code = four_hex_digits();
  if (code >= 0xD800 && code <= 0xDFFF) {  // above U+FFFF, written as two halves
    check(code < 0xDC00 && text_.substr(position_, 2) == "\\u", "half of a surrogate pair");
    position_ += 2;
    const std::uint32_t low = four_hex_digits();
    check(low >= 0xDC00 && low <= 0xDFFF, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(result, code);
}

inline std::uint32_t JsonReader::four_hex_digits() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i, ++position_) {
    const char c = peek();
    const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    check(at_digit() || letter, "expected four hexadecimal digits");
    value = value << 4 | static_cast<std::uint32_t>(letter ? (c & 7) + 9 : c - '0');
  }
  return value;
}

inline std::uint64_t JsonReader::whole_number() {
  skip_white_space();
  check(peek() != '-', "a negative number");
  check(at_digit(), "expected a whole number");
  check(!(peek() == '0' && position_ + 1 < text_.size() && text_[position_ + 1] >= '0' && text_[position_ + 1] <= '9'),
        "a number with a leading zero");
  std::uint64_t value = 0;
  for (; at_digit(); ++position_) {
    const auto digit = static_cast<std::uint64_t>(peek() - '0');
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    check(value < most / 10 || (value == most / 10 && digit <= most % 10), "a number above 2^64 - 1");
    value = value * 10 + digit;
  }
  check(peek() != '.' && peek() != 'e' && peek() != 'E', "expected a whole number");
  return value;
}

inline double JsonReader::number() {
  skip_white_space();
  const std::size_t first = position_;
  skip_number();
  double value = 0;
  const auto read = std::from_chars(text_.data() + first, text_.data() + position_, value);
  check(read.ec == std::errc(), "a number that no double holds");
  return value;
}

inline bool JsonReader::boolean() {
  skip_white_space();
  for (const bool value : {true, false}) {
    if (accept_literal(value ? "true" : "false")) return value;
  }
  check(false, "expected true or false");
  return false;
}

inline void JsonReader::skip_value(int depth) {
  check(depth < max_depth, "values nested too deeply");
  skip_white_space();
  for (const std::string_view literal : {"null", "true", "false"}) {
    if (accept_literal(literal)) return;
  }
  if (peek() == '"') {
    static_cast<void>(string());
  } else if (peek() == '{') {
    object([&](const std::string&) { skip_value(depth + 1); });
  } else if (peek() == '[') {
    array([&] { skip_value(depth + 1); });
  } else {
    skip_number();
  }
}

inline void JsonReader::digits() {
  check(at_digit(), "expected a value");
  while (at_digit()) ++position_;
}

inline void JsonReader::skip_number() {
  if (peek() == '-') ++position_;
  if (peek() == '0') {
    ++position_;
  } else {
    digits();
  }
  if (peek() == '.') {
    ++position_;
    digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    ++position_;
    if (peek() == '+' || peek() == '-') ++position_;
    digits();
  }
}

}  // namespace pupil
