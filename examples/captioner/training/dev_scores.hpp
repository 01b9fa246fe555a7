#pragma once
// How good a captioner's captions of the dev split are, and how varied.

#include <pupil/io/checkpoint.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner.hpp>

#include "training_data.hpp"

namespace captioner {

struct DevScores {
  pupil::CaptionScores scores;
  double length = 0;                   ///< of the captions, mean, in words
  pupil::Index distinct_captions = 0;  ///< how many of them are different
};

/// Scores what `evaluate --beam 1` scores once the captioner is saved at this precision. Throws Interrupted where an
/// interruption is noted.
DevScores score_dev(const pupil::Captioner<float>& model, const TrainingData& data, pupil::ParameterPrecision saved);

}  // namespace captioner
