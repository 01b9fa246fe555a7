#pragma once
// Rules that hold for every option of a program, whichever command it is of: the later one of two wins, but of those
// that add up (CLI::MultiOptionPolicy::TakeAll), a value is there, and a number is one.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "number_checks.hpp"

namespace command_line {

namespace detail {

inline bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

/// Why the text is no value of a flag, as after `--mirror=`.
inline std::string flag_complaint(const std::string& text) {
  constexpr std::array<std::string_view, 8> known{"true", "false", "on", "off", "yes", "no", "1", "0"};
  if (std::ranges::find(known, text) != known.end()) return {};
  return '"' + shown(text) + "\" is neither true nor false";
}

/// Why the text is no number of the type that CLI11 calls so, whatever the option's range; empty for other types. CLI11
/// itself takes 0x10, 010 as eight, nan, and -1 for the largest unsigned number.
inline std::string number_complaint(const std::string& type, const std::string& text) {
  if (type == "INT") return is_whole_number(text) ? "" : no_number<std::int64_t>(text);
  if (type == "UINT") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    return NumberRange<std::uint64_t>{.name = pupil::message("from 0 to ", most)}.complaint(text);
  }
  if (type == "FLOAT") return NumberRange<double>{.name = "finite", .names_most = false}.complaint(text);
  return {};
}

/// Whole numbers without a plus and leading zeros, which CLI11 takes for octal.
inline std::string plain_digits(const std::string& text) {
  const std::string sign = text.starts_with('-') ? "-" : "";
  std::string_view digits = text;
  take_sign(digits);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return sign + std::string(digits);
}

/// The type of an option's values, as CLI11 names it: without the checks that it adds to the name.
inline std::string value_type(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

/// Checks a value before all other checks of its option, and makes digits plain.
inline std::string check_value(const CLI::App& command, const std::string& type, std::string& text) {
  if (text.empty()) return "is empty";
  if (text.starts_with("--") && command.get_option_no_throw(text) != nullptr) {
    return "a value is missing before " + text;
  }
  std::string complaint = number_complaint(type, text);
  if (complaint.empty() && is_whole_number(text) && (type == "INT" || type == "UINT")) text = plain_digits(text);
  return complaint;
}

/// Lists, such as of files: each word counts, whatever it is. CLI11 ends a command at "--" once its list is long
/// enough, so it is told that it never is; with TakeAll, nobody minds.
inline void take_all(CLI::Option& list) {
  constexpr int never = 1 << 28;
  if (list.get_items_expected_max() == 1) return;
  list.expected(never, -1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

inline void apply_rules(CLI::App& command, CLI::Option& option) {
  if (is_flag(option)) {
    if (option.nonpositional())
      option.check(CLI::Validator([](std::string& text) { return flag_complaint(text); }, ""));
    return;
  }
  if (!option.nonpositional()) return take_all(option);
  const bool adds_up = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  if (!adds_up) option.multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  const auto check = [&command, type = value_type(option)](std::string& text) {
    return check_value(command, type, text);
  };
  option.transform(CLI::Validator(check, ""));
}

}  // namespace detail

/// To be called once all commands and options are there.
inline void apply_option_rules(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) detail::apply_rules(app, *option);
  for (CLI::App* const command : app.get_subcommands([](CLI::App*) { return true; })) apply_option_rules(*command);
}

}  // namespace command_line
