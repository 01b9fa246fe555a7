#pragma once
// How --help shows an option: `--beam INT from 1 to 100 [1]`, its type, its range and what it is without being given.

#include <string>

#include <CLI/CLI.hpp>

#include "option_rules.hpp"

namespace command_line {

class HelpFormat : public CLI::Formatter {
 public:
  /// `--mirror,--no-mirror`: CLI11 adds to the latter what it means, {false}.
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    std::string names = CLI::Formatter::make_option_name(option, is_positional);
    for (std::size_t at; (at = names.find("{false}")) != std::string::npos;) names.erase(at, 7);
    return names;
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text;
    if (!detail::is_flag(*option)) {
      std::string values = option->get_type_name();
      if (const std::size_t colon = values.find(':'); colon != std::string::npos) values[colon] = ' ';
      text += ' ' + values;
      if (option->get_items_expected_max() > 1) text += " ...";
      if (!option->get_default_str().empty()) text += " [" + option->get_default_str() + ']';
    }
    if (option->get_required()) text += " (required)";
    for (const CLI::Option* const other : option->get_excludes()) text += " (not with " + other->get_name() + ')';
    return text;
  }

  /// What stands after the options: `images...`.
  std::string make_option_usage(const CLI::Option* option) const override {
    const std::string text = make_option_name(option, true) + (option->get_items_expected_max() > 1 ? "..." : "");
    return option->get_required() ? text : '[' + text + ']';
  }
};

}  // namespace command_line
