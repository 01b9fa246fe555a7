#pragma once
// How good a captioner's captions of the dev split are.

#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner.hpp>

#include "training_data.hpp"

namespace captioner {

/// Throws Interrupted where an interruption is noted.
pupil::CaptionScores score_dev(const pupil::Captioner<float>& model, const TrainingData& data);

}  // namespace captioner
