#pragma once
// How good a captioner's captions of the dev split are, and how varied.

#include <pupil/io/checkpoint.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner.hpp>

#include "../ranks/ranks.hpp"
#include "training_data.hpp"

namespace captioner {

struct DevScores {
  pupil::captioning::CaptionScores scores;
  double length = 0;                   ///< of the captions, mean, in words
  pupil::Index distinct_captions = 0;  ///< how many of them are different
};

/// Scores what `evaluate --beam 1` scores once the captioner is saved at this precision. The ranks share the
/// captioning, and all have the same scores. Throws Interrupted on all of them where one has noted an interruption.
DevScores score_dev(const pupil::captioning::Captioner<float>& model, const TrainingData& data,
                    pupil::ParameterPrecision saved, const Ranks& ranks);

}  // namespace captioner
