#pragma once
// The manual page of a program with commands, from what its --help says: roff, as `man -l` reads it.

#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "help_format.hpp"

namespace command_line {

/// What a program says of itself besides its options: a title, as "Exit status", and a paragraph.
using Sections = std::vector<std::pair<std::string, std::string>>;

/// The sections as the end of --help has them: a paragraph each, broken where the texts have lines.
inline std::string footer_of(const Sections& sections) {
  std::string footer;
  for (const auto& [title, text] : sections) footer += (footer.empty() ? "" : "\n\n") + title + ": " + text;
  return footer;
}

namespace detail {

/// Text as roff prints it: hyphens and quotes stay what they are when they are copied, and no line is a request.
inline std::string escaped(std::string_view text) {
  std::string roff;
  for (const char character : text) {
    const bool begins_line = roff.empty() || roff.back() == '\n';
    if (begins_line && (character == '.' || character == '\'')) roff += "\\&";
    switch (character) {
      case '-':
        roff += "\\-";
        break;
      case '\\':
        roff += "\\e";
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '~':
        roff += "\\(ti";
        break;
      default:
        roff += character;
    }
  }
  return roff;
}

/// The same, where a line may end after each comma: lists of values are longer than a line.
inline std::string breakable(const std::string& roff) {
  std::string result;
  for (const char character : roff) {
    result += character;
    if (character == ',') result += "\\:";
  }
  return result;
}

inline std::string upper_case(std::string text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

/// Paragraphs, which an empty line divides.
inline void write_text(std::ostream& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    out << escaped(text.substr(0, end)) << '\n';
    text.remove_prefix(std::min(end + 2, text.size()));
    if (!text.empty()) out << ".PP\n";
  }
}

/// The options of the program or of a command, what stands after the options first.
inline void write_options(std::ostream& out, const CLI::App& command) {
  const HelpFormat help;
  for (const bool positional : {true, false}) {
    for (const CLI::Option* const option : command.get_options()) {
      if (option->nonpositional() == positional || option->get_group().empty()) continue;
      out << ".TP\n\\fB" << escaped(help.make_option_name(option, positional)) << "\\fR"
          << breakable(escaped(help.make_option_opts(option))) << '\n';
      write_text(out, help.make_option_desc(option));
    }
  }
}

/// How a command is called: `captioner caption [OPTIONS] images...`.
inline std::string usage(const CLI::App& program, const CLI::App& command) {
  std::string text = "\\fB" + escaped(program.get_name() + ' ' + command.get_name()) + "\\fR [OPTIONS]";
  const HelpFormat help;
  for (const CLI::Option* const option : command.get_options()) {
    if (!option->nonpositional()) text += ' ' + escaped(help.make_option_usage(option));
  }
  return text;
}

}  // namespace detail

/// The page of a program: its options, each of its commands with all of theirs, and the sections.
inline std::string man_page(const CLI::App& program, std::string_view version, const Sections& sections) {
  const auto commands = program.get_subcommands([](const CLI::App*) { return true; });
  const std::string name = detail::escaped(program.get_name());
  const std::string title = detail::upper_case(program.get_name());
  std::ostringstream out;
  out << ".\\\" Made by " << name << " \\-\\-man\\-page.\n";
  out << ".TH " << title << " 1 \"\" \"" << detail::escaped(version) << "\" \"User Commands\"\n";
  out << ".ad l\n.nh\n";  // lines of unequal length: options are not to be torn, nor spaced out
  out << ".SH NAME\n" << name << " \\- " << detail::escaped(program.get_description()) << '\n';
  out << ".SH SYNOPSIS\n";
  for (const CLI::App* const command : commands) out << detail::usage(program, *command) << "\n.br\n";
  out << "\\fB" << name << "\\fR [OPTIONS]\n";
  out << ".SH OPTIONS\n";
  detail::write_options(out, program);
  out << ".SH COMMANDS\n";
  for (const CLI::App* const command : commands) {
    out << ".SS " << detail::usage(program, *command) << '\n';
    detail::write_text(out, command->get_description());
    detail::write_options(out, *command);
    if (!command->get_footer().empty()) out << ".PP\n";
    detail::write_text(out, command->get_footer());
  }
  for (const auto& [heading, text] : sections) {
    out << ".SH " << detail::escaped(detail::upper_case(heading)) << '\n';
    detail::write_text(out, text);
  }
  return out.str();
}

}  // namespace command_line
