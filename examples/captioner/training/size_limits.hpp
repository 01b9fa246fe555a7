#pragma once
// Sizes that each are within their range, and together more than a network or a machine can take: refused before work.

#include <string>
#include <string_view>

#include <pupil/core/shape.hpp>

#include "training_settings.hpp"

namespace captioner {

/// Throws OptionError where the encoder halves images of so many pixels a side to nothing.
void require_visible(std::string_view encoder, pupil::Index image_size);

/// Throws OptionError where one batch of images, as the encoder is given them, is more than the machine's memory.
void require_memory_for_images(pupil::Index batch_size, pupil::Index image_size);

/// Throws OptionError where these sizes of a run do not go together, or its LSTM is more than the machine's memory.
void require_possible_sizes(const TrainingSettings& settings);

}  // namespace captioner
