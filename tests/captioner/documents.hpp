#pragma once
// The documents as a reader meets them: their code, their links, and the commands that they tell the reader to run.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "../support/files.hpp"

namespace pupil::testing {

inline constexpr std::array documents{
    "README.md",       "CONTRIBUTING.md",        "examples/captioner/README.md", "examples/captioner/models/README.md",
    "bench/README.md", "include/pupil/README.md"};

/// A document's text in parts: blocks of a language, as ```sh begins them, and all that is outside of blocks.
struct DocumentParts {
  std::vector<std::string> shell_blocks;
  std::vector<std::size_t> run_blocks;  ///< the places of those that stand after <!-- run by tests -->
  std::string prose;

  explicit DocumentParts(std::string_view document) {
    std::istringstream lines(file_text(std::filesystem::path(document)));
    std::string* place = &prose;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("```")) {
        const bool begins = place == &prose;
        if (begins && prose.ends_with("<!-- run by tests -->\n\n")) run_blocks.push_back(shell_blocks.size());
        if (begins) place = line == "```sh" ? &shell_blocks.emplace_back() : &other_block_;
        if (!begins) place = &prose;
      } else {
        *place += line + '\n';
      }
    }
  }

 private:
  std::string other_block_;
};

/// The words of a line of shell, or of code within a sentence, that are one command: up to a pipe or a comment.
using CommandWords = std::vector<std::string>;

inline CommandWords words_of(const std::string& command) {
  std::istringstream stream(command);
  CommandWords words;
  for (std::string word; stream >> word;) {
    if (word == "|" || word == ">" || word == "&&" || word.starts_with('#')) break;
    words.push_back(word);
  }
  return words;
}

/// The commands of a block, with the lines that a backslash joins as one.
inline std::vector<CommandWords> commands_of(std::string block) {
  for (std::size_t at; (at = block.find("\\\n")) != std::string::npos;) block.erase(at, 2);
  std::istringstream lines(block);
  std::vector<CommandWords> commands;
  for (std::string line; std::getline(lines, line);) {
    CommandWords words = words_of(line);
    if (!words.empty()) commands.push_back(std::move(words));
  }
  return commands;
}

/// What stands between two ` in the prose; a line's end there is a space.
inline std::vector<std::string> code_spans(const std::string& prose) {
  std::vector<std::string> spans;
  for (std::size_t at = 0; (at = prose.find('`', at)) != std::string::npos;) {
    const std::size_t end = std::min(prose.find('`', at + 1), prose.size());
    std::string span = prose.substr(at + 1, end - at - 1);
    std::replace(span.begin(), span.end(), '\n', ' ');
    spans.push_back(std::move(span));
    at = std::min(end + 1, prose.size());
  }
  return spans;
}

/// All commands that a document shows, in blocks and within sentences.
inline std::vector<CommandWords> commands_of(const DocumentParts& document) {
  std::vector<CommandWords> commands;
  for (const std::string& block : document.shell_blocks) {
    for (CommandWords& words : commands_of(block)) commands.push_back(std::move(words));
  }
  for (const std::string& span : code_spans(document.prose)) {
    CommandWords words = words_of(span);
    if (!words.empty()) commands.push_back(std::move(words));
  }
  return commands;
}

/// The options that a text names: --beam and the like, without what is behind = or a comma.
inline std::set<std::string> options_in(std::string_view text) {
  std::set<std::string> options;
  const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  for (std::size_t at = 0; (at = text.find("--", at)) != std::string_view::npos;) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
    const bool begins_word = at == 0 || !is_part(text[at - 1]);
    const auto end = std::find_if_not(begin, text.end(), is_part);
    if (begins_word && end - begin > 2) options.emplace(begin, end);
    at = static_cast<std::size_t>(end - text.begin());
  }
  return options;
}

/// The prose without what stands between two `.
inline std::string without_code(const std::string& prose) {
  std::string text;
  bool is_code = false;
  for (const char c : prose) {
    if (c == '`') is_code = !is_code;
    if (!is_code) text += c;
  }
  return text;
}

/// What links lead to: `](target)`, without those into the web.
inline std::vector<std::string> local_links(const std::string& with_code) {
  const std::string prose = without_code(with_code);
  std::vector<std::string> links;
  for (std::size_t at = 0; (at = prose.find("](", at)) != std::string::npos; ++at) {
    std::string target = prose.substr(at + 2, prose.find(')', at) - at - 2);
    if (target.find("://") == std::string::npos) links.push_back(std::move(target));
  }
  return links;
}

/// The anchors of a document's headings, as GitHub names them.
inline std::set<std::string> anchors_of(const std::string& prose) {
  std::set<std::string> anchors;
  std::istringstream lines(prose);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) continue;
    std::string anchor;
    for (const char c : line.substr(std::min(line.find(' ') + 1, line.size()))) {
      if (c >= 'A' && c <= 'Z') anchor += static_cast<char>(c - 'A' + 'a');
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') anchor += c;
      if (c == ' ') anchor += '-';
    }
    anchors.insert(anchor);
  }
  return anchors;
}

}  // namespace pupil::testing
