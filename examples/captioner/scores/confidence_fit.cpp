#include "confidence_fit.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <pupil/metrics/scores.hpp>
#include <pupil/models/beam_search.hpp>

#include "../captions/caption_settings.hpp"
#include "../common/interruption.hpp"
#include "acceptable.hpp"

namespace captioner {

namespace {

/// The caption of every image, batch by batch, also of those that cannot be read.
std::vector<std::vector<pupil::captioning::FoundCaption>> caption_batches(
    const Model& model, const DevFeatures& dev, const pupil::captioning::DecodingSettings& settings) {
  const pupil::captioning::BeamSearchOptions search{
      .width = settings.beam,
      .length_penalty = settings.length_penalty,
      .constraints = {.no_repetition = settings.no_repetition, .conjunctions = conjunctions(model.vocabulary())}};
  std::vector<std::vector<pupil::captioning::FoundCaption>> captions;
  for (const Features& features : dev.batches) {
    stop_if_interrupted();
    captions.push_back(pupil::captioning::beam_search(model.decoder(), features, search));
  }
  return captions;
}

/// CIDEr-D of the captions of the images that can be read, among all of dev: it weighs words by how many images have
/// them.
std::vector<double> cider_d_of_images(const Model& model, const DevFeatures& dev,
                                      const std::vector<std::vector<pupil::captioning::FoundCaption>>& captions) {
  std::vector<pupil::captioning::Sentence> candidates;
  std::size_t image = 0;
  for (const auto& batch : captions) {
    for (const pupil::captioning::FoundCaption& caption : batch) {
      if (dev.can_be_read[image++]) candidates.push_back(model.vocabulary().decode(caption.words));
    }
  }
  return pupil::captioning::score_captions(candidates, dev.references).cider_d_of_image;
}

/// Calls `use(batch, row, readable)` for every image of the half: `readable` is its place among those that can be read.
template <class Use>
void for_each_calibration_image(const DevFeatures& dev, const Use& use) {
  std::size_t image = 0;
  std::size_t readable = 0;
  for (std::size_t batch = 0; batch < dev.batches.size(); ++batch) {
    for (Index row = 0; row < dev.batches[batch].images(); ++row) {
      if (!dev.can_be_read[image++]) continue;
      if (is_calibration_image(dev.images[readable])) use(batch, row, readable);
      ++readable;
    }
  }
}

}  // namespace

pupil::captioning::CaptionConfidence fit_confidence(const Model& model, const DevFeatures& dev,
                                                    const pupil::captioning::DecodingSettings& settings) {
  pupil::captioning::TypicalImageSum sum;
  std::size_t images = 0;
  for_each_calibration_image(dev, [&](std::size_t batch, Index row, std::size_t) {
    sum.add(dev.batches[batch], row);
    ++images;
  });
  pupil::require<pupil::Error>(images > 0, "no image of dev is of the half that it is learned from");
  const pupil::captioning::TypicalImage typical = sum.mean();
  const auto captions = caption_batches(model, dev, settings);
  const std::vector<double> cider_d = cider_d_of_images(model, dev, captions);
  std::vector<std::vector<pupil::captioning::CaptionSignals>> signals;
  for (std::size_t batch = 0; batch < dev.batches.size(); ++batch) {
    stop_if_interrupted();
    signals.push_back(
        pupil::captioning::caption_signals(model.decoder(), dev.batches[batch], captions[batch], typical));
  }
  std::vector<pupil::captioning::JudgedCaption> judged;
  for_each_calibration_image(dev, [&](std::size_t batch, Index row, std::size_t readable) {
    judged.push_back({.signals = signals[batch][static_cast<std::size_t>(row)],
                      .distance = pupil::captioning::distance_from_typical(typical, dev.batches[batch], row),
                      .cider_d = cider_d[readable]});
  });
  return pupil::captioning::fit_caption_confidence(judged, typical, acceptable_cider_d);
}

}  // namespace captioner
