#pragma once
// With what a report was made: its command, and the settings of the captioners.

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "../captions/caption_settings.hpp"

namespace captioner::report {

/// The command with the options that were given, so that a shell reads the same again.
std::string command_line_of(const CLI::App& command);

/// The settings beside a run's model, null where there are none. Throws FileError where they are damaged.
nlohmann::ordered_json read_run_settings(const std::filesystem::path& path);

/// A table with a row for each setting.
std::string settings_html(const nlohmann::ordered_json& settings);

/// How captions were made, in words.
std::string decoding_in_words(const CaptionSettings& settings);

}  // namespace captioner::report
