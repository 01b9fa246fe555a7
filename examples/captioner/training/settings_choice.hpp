#pragma once
// What a run is to do: what the user asks for, as far as the run, its features or the run it starts from leave a
// choice.

#include "../common/run_folder.hpp"
#include "training_options.hpp"
#include "training_settings.hpp"

namespace captioner {

/// The settings of a new run. Those that its features, or the captioner it starts from, decide are theirs. Throws
/// OptionError, naming both values, where the user asks for another, and where options or sizes do not go together.
TrainingSettings settings_to_begin(const TrainingSettings& asked, const SettingOptions& options);

/// The settings that a run began with, changed by what may be given anew. Throws OptionError, naming both values, where
/// the user asks for another of the rest.
TrainingSettings settings_to_resume(const TrainingSettings& asked, const SettingOptions& options, const RunFolder& run);

}  // namespace captioner
