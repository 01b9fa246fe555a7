#include "dev_scores.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/text/characters.hpp>

#include "../common/image_batches.hpp"
#include "../ranks/sent_json.hpp"

namespace captioner {

namespace {

/// The captions of all ranks, in the order of ranks.
std::vector<pupil::captioning::Sentence> gather_captions(const Ranks& ranks,
                                                         const std::vector<pupil::captioning::Sentence>& mine) {
  if (ranks.is_alone()) return mine;
  std::vector<pupil::captioning::Sentence> captions;
  for (const nlohmann::json& of_rank : gather_json(ranks, mine)) {
    for (const nlohmann::json& caption : of_rank) captions.push_back(caption.get<pupil::captioning::Sentence>());
  }
  return captions;
}

constexpr auto images_a_batch = static_cast<std::size_t>(image_batch);  // that of evaluate: not even roundings differ

/// What the captioner says of a batch of dev images, as it is scored.
std::vector<pupil::captioning::Sentence> caption_batch(const pupil::captioning::Captioner<float>& model,
                                                       const TrainingData& data, std::size_t batch) {
  // People's words are what both are scored by.
  const bool by_characters =
      pupil::captioning::tokens_of(data.vocabulary) == pupil::captioning::CaptionTokens::characters;
  const std::size_t first = batch * images_a_batch;
  const std::size_t count = std::min(images_a_batch, data.dev_rows.size() - first);
  const EncoderInput input = data.inputs->plain(std::span(data.dev_rows).subspan(first, count));
  auto captions = std::visit([&](const auto& images) { return model.caption(images); }, input);
  if (by_characters) {
    for (pupil::captioning::Sentence& caption : captions)
      caption = pupil::captioning::tokenize(pupil::captioning::join(caption));
  }
  return captions;
}

/// One after another, the ranks caption a batch each; those without one, at the end, say nothing.
std::vector<pupil::captioning::Sentence> caption_dev(const pupil::captioning::Captioner<float>& model,
                                                     const TrainingData& data, const Ranks& ranks) {
  std::vector<pupil::captioning::Sentence> captions;
  const std::size_t batches = (data.dev_rows.size() + images_a_batch - 1) / images_a_batch;
  const auto rank = static_cast<std::size_t>(ranks.rank()), count = static_cast<std::size_t>(ranks.size());
  for (std::size_t first = 0; first < batches; first += count) {
    stop_together(ranks);
    std::vector<pupil::captioning::Sentence> mine;
    if (first + rank < batches) mine = caption_batch(model, data, first + rank);
    for (pupil::captioning::Sentence& caption : gather_captions(ranks, mine)) captions.push_back(std::move(caption));
  }
  return captions;
}

DevScores score(const pupil::captioning::Captioner<float>& model, const TrainingData& data, const Ranks& ranks) {
  const std::vector<pupil::captioning::Sentence> candidates = caption_dev(model, data, ranks);
  const pupil::captioning::CaptionStatistics statistics = pupil::captioning::caption_statistics(candidates);
  return {.scores = pupil::captioning::score_captions(candidates, data.dev_references),
          .length = statistics.mean_length,
          .distinct_captions = static_cast<pupil::Index>(statistics.distinct_captions)};
}

}  // namespace

DevScores score_dev(const pupil::captioning::Captioner<float>& model, const TrainingData& data,
                    pupil::ParameterPrecision saved, const Ranks& ranks) {
  if (saved == pupil::ParameterPrecision::fp32) return score(model, data, ranks);
  pupil::captioning::Captioner<float> as_saved = model;
  pupil::round_parameters(as_saved, saved);
  return score(as_saved, data, ranks);
}

}  // namespace captioner
