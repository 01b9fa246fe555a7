#pragma once
// How the three ways to train begin.

#include <pupil/text/vocabulary.hpp>

#include "../common/progress_line.hpp"
#include "training_settings.hpp"
#include "training_state.hpp"

namespace captioner {

/// The state of a new run: its captioner knows nothing, has a pretrained encoder, or is another run's. Throws FileError
/// where the file of the weights or of that run is damaged, or of another architecture, and OptionError where the
/// network to be fine-tuned has no such block. Tells `line` how many words have a vector, where the run has such.
TrainingState begin_training(const TrainingSettings& settings, const pupil::captioning::Vocabulary& vocabulary,
                             ProgressLine& line);

/// What the settings want for training this model, which has made no step.
TrainingState untouched_state(const TrainingSettings& settings, pupil::captioning::Captioner<float> model);

}  // namespace captioner
