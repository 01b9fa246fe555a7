#pragma once
// What a number on the command line may be: digits as people write them in English, within a range that an error says
// as people say it ("--learning-rate: 0 is not above 0").

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>

#include "one_line.hpp"

namespace command_line {

namespace detail {

inline void take_sign(std::string_view& text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
}

/// Takes the digits that the text begins with. Returns how many there were.
inline std::size_t take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

/// A sign or none, and decimal digits: no hexadecimal, no 1e3, no blanks.
inline bool is_whole_number(std::string_view text) {
  take_sign(text);
  return take_digits(text) > 0 && text.empty();
}

/// Decimal digits with a point and an exponent, or without: no "nan", no "inf", no comma.
inline bool is_number(std::string_view text) {
  take_sign(text);
  std::size_t digits = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    return is_whole_number(text);
  }
  return text.empty();
}

template <class Number>
bool is_written_as(std::string_view text) {
  return std::integral<Number> ? is_whole_number(text) : is_number(text);
}

/// What a user typed, in an error: on one line, and not all of a very long one.
inline std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  return text.size() <= most ? one_line(text) : one_line(text.substr(0, most)) + "...";
}

/// Why the text is no such number.
template <class Number>
std::string no_number(const std::string& text) {
  const std::string kind = std::integral<Number> ? " is not a whole number" : " is not a number";
  std::string with_point = text;
  std::replace(with_point.begin(), with_point.end(), ',', '.');
  const bool is_comma = !std::integral<Number> && with_point != text && is_number(with_point);
  return '"' + shown(text) + '"' + kind + (is_comma ? "; the decimals begin with a point, " + with_point : "");
}

/// The number that the digits mean, or the nearest there is; `beyond` says whether that is another one.
template <std::integral Number>
Number nearest_number(const std::string& text, bool& beyond) {
  Number number{};
  const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  beyond = error != std::errc() || end != text.data() + text.size();
  if (!beyond) return number;
  const bool is_negative = text.starts_with('-');
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;  // "-0" of an unsigned type
  beyond = !is_zero;
  if (is_zero) return 0;
  return is_negative ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
}

template <std::floating_point Number>
Number nearest_number(const std::string& text, bool& beyond) {
  const auto number = static_cast<Number>(std::strtod(text.c_str(), nullptr));
  beyond = !std::isfinite(number);
  return number;
}

template <class Number>
std::string number_text(Number number) {
  return pupil::message(number);
}

}  // namespace detail

/// The numbers of an option.
template <class Number>
struct NumberRange {
  Number least = std::numeric_limits<Number>::lowest();
  Number most = std::numeric_limits<Number>::max();
  std::string name;  ///< as in "0 is not above 0" and in --help
  bool excludes_least = false;
  bool names_most = true;  ///< whether the name says what the most is

  /// Why the text is none of them; empty where it is one.
  std::string complaint(const std::string& text) const {
    if (!detail::is_written_as<Number>(text)) return detail::no_number<Number>(text);
    bool beyond = false;
    const Number number = detail::nearest_number<Number>(text, beyond);
    const bool is_negative = text.starts_with('-');
    const bool below = number < least || (excludes_least && number == least) || (beyond && is_negative);
    const bool above = number > most || (beyond && !is_negative);
    if (!below && !above) return {};
    const std::string expected = above && !names_most ? "more than " + detail::number_text(most) : "not " + name;
    return detail::shown(text) + " is " + expected;
  }

  /// For Option::check.
  CLI::Validator check() const {
    return CLI::Validator([range = *this](std::string& text) { return range.complaint(text); }, name);
  }
};

/// "from 1 to 100"
template <class Number>
CLI::Validator from_to(Number least, Number most) {
  const std::string name = pupil::message("from ", least, " to ", most);
  return NumberRange<Number>{.least = least, .most = most, .name = name}.check();
}

/// "1 or more"; `most` is named only to whoever wants more than makes sense.
template <class Number>
CLI::Validator at_least(Number least, Number most) {
  const std::string name = pupil::message(least, " or more");
  return NumberRange<Number>{.least = least, .most = most, .name = name, .names_most = false}.check();
}

/// "above 0"; `most` as in `at_least`.
template <std::floating_point Number>
CLI::Validator above(Number least, Number most) {
  const std::string name = pupil::message("above ", least);
  return NumberRange<Number>{.least = least, .most = most, .name = name, .excludes_least = true, .names_most = false}
      .check();
}

}  // namespace command_line
