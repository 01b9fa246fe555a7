#include "dev_scores.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/text/characters.hpp>

#include "../common/image_batches.hpp"
#include "../common/interruption.hpp"

namespace captioner {

namespace {

DevScores score(const pupil::Captioner<float>& model, const TrainingData& data) {
  constexpr auto batch = static_cast<std::size_t>(image_batch);  // that of evaluate: not even roundings differ
  // People's words are what both are scored by.
  const bool by_characters = pupil::tokens_of(data.vocabulary) == pupil::CaptionTokens::characters;
  std::vector<pupil::Sentence> candidates;
  for (std::size_t first = 0; first < data.dev_rows.size(); first += batch) {
    stop_if_interrupted();
    const std::size_t count = std::min(batch, data.dev_rows.size() - first);
    const EncoderInput input = data.inputs->plain(std::span(data.dev_rows).subspan(first, count));
    for (auto& caption : std::visit([&](const auto& images) { return model.caption(images); }, input)) {
      candidates.push_back(by_characters ? pupil::tokenize(pupil::join(caption)) : std::move(caption));
    }
  }
  const pupil::CaptionStatistics statistics = pupil::caption_statistics(candidates);
  return {.scores = pupil::score_captions(candidates, data.dev_references),
          .length = statistics.mean_length,
          .distinct_captions = static_cast<pupil::Index>(statistics.distinct_captions)};
}

}  // namespace

DevScores score_dev(const pupil::Captioner<float>& model, const TrainingData& data, pupil::ParameterPrecision saved) {
  if (saved == pupil::ParameterPrecision::fp32) return score(model, data);
  pupil::Captioner<float> as_saved = model;
  pupil::round_parameters(as_saved, saved);
  return score(as_saved, data);
}

}  // namespace captioner
