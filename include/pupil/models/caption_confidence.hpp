#pragma once
// CaptionConfidence: how probable it is that a caption is acceptable.
//
//     confidence = p(signals) * min(1, tail(distance) / .02)
//
// p is a logistic regression of what speaks for the words (models/caption_signals.hpp), fitted to captions of which it
// is known whether they are acceptable: Platt's scaling, of several numbers (Platt 1999; Guo et al. 2017). tail is how
// probable it is that an image is so far from the typical one (models/distance_tail.hpp). It takes away nothing but
// from the farthest fiftieth: images like them were not there in training, nor for the fit, so that what the
// regression learned does not hold of them, and the confidence goes to 0 the farther they are.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/metrics/logistic_regression.hpp>
#include <pupil/models/caption_signals.hpp>
#include <pupil/models/distance_tail.hpp>
#include <pupil/models/typical_image.hpp>

namespace pupil::captioning {

struct CaptionConfidence {
  double acceptable_from = 0;  ///< the CIDEr-D of the worst caption that is acceptable
  TypicalImage typical;
  DistanceTail tail;
  LogisticRegression regression;  ///< of CaptionSignals::numbers

  /// From 0 to 1.
  double operator()(const CaptionSignals& signals, double distance) const {
    constexpr double farthest = .02;
    return regression.probability(signals.numbers()) * std::min(1.0, tail.probability(distance) / farthest);
  }

  bool operator==(const CaptionConfidence&) const = default;
};

/// The confidence in a caption of each image. Throws as caption_signals does.
template <class Decoder>
std::vector<double> confidences(const CaptionConfidence& confidence, const Decoder& decoder,
                                const ImageFeatures<float>& features, std::span<const FoundCaption> captions) {
  std::vector<double> result;
  for (const CaptionSignals& signals : caption_signals(decoder, features, captions, confidence.typical)) {
    const double distance = distance_from_typical(confidence.typical, features, static_cast<Index>(result.size()));
    result.push_back(confidence(signals, distance));
  }
  return result;
}

/// What is known of a caption for the fit.
struct JudgedCaption {
  CaptionSignals signals;
  double distance = 0;  ///< of its image from the typical one
  double cider_d = 0;
};

/// The least number of captions that are acceptable, and that are not, from which something can be learned.
inline constexpr std::size_t least_captions_of_a_kind = 10;

/// Throws Error where there are fewer captions of a kind than that, or where all images are at the same distance.
/// A template, as fit_logistic_regression is.
template <std::same_as<double> T>
CaptionConfidence fit_caption_confidence(std::span<const JudgedCaption> captions, const TypicalImage& typical,
                                         T acceptable_from) {
  constexpr double ridge = 3;
  Tensor<T, 2> rows({static_cast<Index>(captions.size()), static_cast<Index>(CaptionSignals::count)});
  std::vector<bool> acceptable;
  std::vector<double> distances;
  for (const JudgedCaption& caption : captions) {
    std::ranges::copy(caption.signals.numbers(), rows.row(static_cast<Index>(acceptable.size())));
    acceptable.push_back(caption.cider_d >= acceptable_from);
    distances.push_back(caption.distance);
  }
  const auto good = static_cast<std::size_t>(std::ranges::count(acceptable, true));
  require<Error>(std::min(good, captions.size() - good) >= least_captions_of_a_kind, good, " of ", captions.size(),
                 " captions are acceptable, and ", least_captions_of_a_kind, " of either kind are needed");
  return {.acceptable_from = acceptable_from,
          .typical = typical,
          .tail = fit_distance_tail(distances),
          .regression = fit_logistic_regression(rows, acceptable, ridge)};
}

}  // namespace pupil::captioning
