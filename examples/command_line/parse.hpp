#pragma once
// From a command line to the command that it asks for.

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/core/errors.hpp>

#include "option_rules.hpp"
#include "parse_errors.hpp"
#include "standard_streams.hpp"

namespace command_line {

namespace detail {

/// `--data=` would take the next word for its value.
inline void refuse_empty_values(int count, const char* const* words) {
  for (int i = 1; i < count && std::string_view(words[i]) != "--"; ++i) {
    const std::string_view word = words[i];
    const bool is_empty = word.starts_with("--") && word.find('=') + 1 == word.size();
    pupil::require<pupil::OptionError>(!is_empty, word.substr(0, word.size() - 1), ": is empty");
  }
}

/// The words as CLI11 is to see them: it takes "[a,b]" for a list of two, and "./[a,b]" for the file that it is.
inline std::vector<std::string> without_lists(int count, const char* const* words) {
  std::vector<std::string> plain(words, words + count);
  for (std::string& word : plain) {
    if (word.starts_with('[') && word.ends_with(']')) word.insert(0, "./");
  }
  return plain;
}

}  // namespace detail

/// Parses the command line and does what the chosen command says. False where that was to print help or the version.
/// Throws OptionError for a line that is wrong.
inline bool parse_and_run(CLI::App& app, int count, const char* const* words) {
  apply_option_rules(app);
  detail::refuse_empty_values(count, words);
  try {
    std::vector<std::string> plain = detail::without_lists(count, words);
    plain.erase(plain.begin(), plain.begin() + std::min(count, 1));  // the program's name
    std::reverse(plain.begin(), plain.end());                        // the order that CLI11 wants
    app.parse(std::move(plain));
    return true;
  } catch (const CLI::Success& answer) {
    std::ostringstream text;
    app.exit(answer, text, text);
    write_output(text.str());
    return false;
  } catch (const CLI::ParseError& error) {
    throw pupil::OptionError(describe(app, error));
  }
}

}  // namespace command_line
