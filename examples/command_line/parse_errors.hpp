#pragma once
// What is wrong with a command line, in plain words.

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>

#include "nearest_name.hpp"
#include "number_checks.hpp"

namespace command_line {

namespace detail {

inline std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// "a", "a and b", "a, b and c"
inline std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

inline std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

inline std::vector<std::string> commands_with_option(const CLI::App& app, const std::string& option) {
  std::vector<std::string> names;
  for (const CLI::App* const command : commands_of(app)) {
    if (command->get_option_no_throw(option) != nullptr) names.push_back(command->get_name());
  }
  return names;
}

inline std::string suggestion(std::string_view typed, const std::vector<std::string>& known) {
  const auto nearest = nearest_name(typed, known);
  return nearest ? "; did you mean " + *nearest + "?" : "";
}

/// A word where no command stands yet.
inline std::string describe_no_command(const CLI::App& app, const std::string& word) {
  if (word.starts_with('-')) {
    const std::string option = word.substr(0, word.find('='));
    const auto owners = commands_with_option(app, option);
    if (!owners.empty()) return option + ": stands after the command; " + listed(owners) + " may have it";
    return option + ": there is no such option" + suggestion(option, option_names(app));
  }
  std::vector<std::string> names;
  for (const CLI::App* const command : commands_of(app)) names.push_back(command->get_name());
  const std::string meant = suggestion(word, names);
  return word + ": there is no such command" + (meant.empty() ? "; there are " + listed(names) : meant);
}

inline bool takes_files(const CLI::App& command) {
  const auto options = command.get_options();
  return std::ranges::any_of(options, [](const CLI::Option* option) { return !option->nonpositional(); });
}

inline bool is_file(const std::string& path) {
  std::error_code absent;
  return std::filesystem::exists(path, absent);
}

/// The first word that a command has no use for; empty where it had one for all.
inline std::string first_unexpected(const CLI::App& command) {
  for (const std::string& word : command.remaining()) {
    if (word != "--") return word;
  }
  return {};
}

/// What is wrong with a word that a command has no use for.
inline std::string describe_unexpected(const CLI::App& app, const CLI::App& command, const std::string& word) {
  if (!word.starts_with('-')) return word + ": " + command.get_name() + " takes options alone, and this is none";
  const std::string option = word.substr(0, word.find('='));
  std::string meant = suggestion(option, option_names(command));
  if (meant.empty() && takes_files(command) && is_file(word)) meant = "; the file of that name is ./" + word;
  if (meant.empty()) {
    const auto owners = commands_with_option(app, option);
    if (!owners.empty()) meant = "; " + listed(owners) + (owners.size() == 1 ? " has it" : " have it");
  }
  return option + ": " + command.get_name() + " has no such option" + meant;
}

inline std::string describe_missing(const CLI::App& command) {
  std::vector<std::string> missing;
  std::string no_file;
  for (const CLI::Option* const option : command.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    if (option->nonpositional()) {
      missing.push_back(option->get_name());
    } else {
      no_file = "no " + pupil::ascii_lower(option->get_type_name()) + " is given; " + command.get_name() +
                " takes one or more";
    }
  }
  if (missing.empty()) return no_file;
  return listed(missing) + (missing.size() == 1 ? " is required" : " are required");
}

/// The part of the text between the two others; all of it where they are not there.
inline std::string between(const std::string& text, std::string_view left, std::string_view right) {
  const std::size_t found = text.find(left);
  const std::size_t begin = found == std::string::npos ? 0 : found + left.size();
  return text.substr(begin, text.find(right, begin) - begin);
}

/// "--split: all not in {train,dev,test}", as people say it.
inline std::string describe_choice(const std::string& text) {
  const std::size_t brace = text.find(" not in {");
  const std::size_t colon = text.find(": ");
  const std::string typed = text.substr(colon + 2, brace - colon - 2);
  const std::vector<std::string> known = CLI::detail::split(between(text, " not in {", "}"), ',');
  return text.substr(0, colon + 2) + '"' + shown(typed) + "\" is none of " + listed(known) + suggestion(typed, known);
}

}  // namespace detail

/// The error in one line. `app` is as parsing left it.
inline std::string describe(const CLI::App& app, const CLI::ParseError& error) {
  const auto chosen = app.get_subcommands();
  const bool is_required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool has_extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (app.remaining_size() > 0 && !detail::commands_of(app).empty() && (is_required || has_extras)) {
    return detail::describe_no_command(app, detail::first_unexpected(app));
  }
  const CLI::App& command = chosen.empty() ? app : *chosen.front();
  const std::string text = error.what();
  if (is_required || has_extras) {
    // A misspelt option leaves the right one missing: the cause is named, not what follows of it.
    const std::string unexpected = detail::first_unexpected(command);
    if (!unexpected.empty()) return detail::describe_unexpected(app, command, unexpected);
    if (is_required) return detail::describe_missing(command);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return text.substr(0, text.find(':')) + ": a value is missing";
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    return detail::between(text, ": ", " = ") + ": " + detail::between(text, " = ", "\n") + " is out of its range";
  }
  const bool is_choice = text.find(" not in {") != std::string::npos;
  return is_choice && text.ends_with('}') ? detail::describe_choice(text) : text;
}

}  // namespace command_line
