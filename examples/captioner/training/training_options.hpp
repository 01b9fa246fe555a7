#pragma once
// The settings of a run as options of the command line.

#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "training_settings.hpp"

namespace captioner {

/// The options by the names of their settings.
using SettingOptions = std::map<std::string, const CLI::Option*>;

/// Adds an option for each setting that is the user's to choose.
SettingOptions add_setting_options(CLI::App& command, TrainingSettings& settings);

}  // namespace captioner
