#pragma once
// Whether ranks that train one captioner were started with the same: else each would learn something else.

#include "../ranks/ranks.hpp"
#include "training_data.hpp"
#include "training_options.hpp"
#include "training_settings.hpp"
#include "training_state.hpp"

namespace captioner {

/// Throws OptionError, naming the option, a rank and both values, where a rank has other settings than rank 0.
void require_same_settings(const Ranks& ranks, const TrainingSettings& settings, const SettingOptions& options);

/// Throws OptionError where batches cannot be shared out as the settings want it: before anything is decoded.
void require_possible_shares(const TrainingSettings& settings, const Ranks& ranks);

/// As require_same_settings, of what they have read, and of the captioner that they begin with. When it returns, all
/// have read it.
void require_same_start(const Ranks& ranks, const TrainingData& data, TrainingState& state);

}  // namespace captioner
