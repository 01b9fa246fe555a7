#pragma once
// How good a captioner's captions of the dev split are.

#include <pupil/io/checkpoint.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner.hpp>

#include "training_data.hpp"

namespace captioner {

/// Scores what `evaluate --beam 1` scores once the captioner is saved at this precision. Throws Interrupted where an
/// interruption is noted.
pupil::CaptionScores score_dev(const pupil::Captioner<float>& model, const TrainingData& data,
                               pupil::ParameterPrecision saved);

}  // namespace captioner
