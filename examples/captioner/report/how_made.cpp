#include "how_made.hpp"

#include <string_view>
#include <variant>

#include <pupil/core/errors.hpp>
#include <pupil/io/text_file.hpp>

#include "html.hpp"

namespace captioner::report {

namespace {

/// A word as a shell reads it: in single quotes unless it has safe characters alone.
std::string quoted_for_shell(std::string_view word) {
  constexpr std::string_view safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(safe) == word.npos) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string command_line_of(const CLI::App& command) {
  std::string line = "captioner " + command.get_name();
  for (const CLI::Option* const option : command.get_options()) {
    if (option->count() == 0) continue;
    const bool is_flag = option->get_expected_max() == 0;
    for (const std::string& value : option->results()) {
      line += " --" + option->get_single_name();
      if (!is_flag) line += ' ' + quoted_for_shell(value);
    }
  }
  return line;
}

nlohmann::ordered_json read_run_settings(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return nullptr;
  const pupil::captioning::TextFile file(path);
  auto settings = nlohmann::ordered_json::parse(file.text(), nullptr, false);
  pupil::require<pupil::FileError>(settings.is_object(), file.name(), ": is no JSON object");
  return settings;
}

std::string settings_html(const nlohmann::ordered_json& settings) {
  std::string html = "<table class=\"settings\"><tbody>\n";
  for (const auto& [name, value] : settings.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    html += "<tr><th scope=\"row\">" + escaped(name) + "</th><td>" + escaped(text) + "</td></tr>\n";
  }
  return html + "</tbody></table>\n";
}

std::string decoding_in_words(const CaptionSettings& settings) {
  if (const auto* const search = std::get_if<pupil::captioning::BeamSearchOptions>(&settings)) {
    if (search->width == 1) return "greedy search";
    return pupil::message("a beam of ", search->width, ", length penalty ", search->length_penalty,
                          search->constraints.no_repetition ? ", no repetition" : "");
  }
  const auto& sampling = std::get<pupil::captioning::SamplingOptions>(settings);
  return pupil::message("drawn by chance at temperature ", sampling.draw.temperature, ", seed ", sampling.seed);
}

}  // namespace captioner::report
