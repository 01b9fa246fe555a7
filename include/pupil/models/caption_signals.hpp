#pragma once
// What speaks for a caption, or against it: how a decoder came to its words.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/models/found_caption.hpp>
#include <pupil/models/spoken_steps.hpp>
#include <pupil/models/typical_image.hpp>

namespace pupil::captioning {

/// Means over the words of a caption, its end among them, and how many these are.
struct CaptionSignals {
  double log_probability = 0;
  double entropy = 0;  ///< of the words that could have been said, in nats: how undecided the decoder was
  double gain = 0;     ///< by how much the log probability is above that of the same words for the typical image
  double words = 0;    ///< the longer a caption, the more of it can be wrong

  static constexpr std::size_t count = 4;
  std::array<double, count> numbers() const { return {log_probability, entropy, gain, words}; }
};

/// What each of the numbers is called.
inline constexpr std::array<std::string_view, CaptionSignals::count> caption_signal_names{"log_probability", "entropy",
                                                                                          "gain", "words"};

namespace detail {

/// Sums over the words of a caption.
struct SpokenCaption {
  double log_probability = 0;
  double entropy = 0;
};

template <class T>
double entropy_of(std::span<const T> log_probabilities) {
  double entropy = 0;
  for (const T log_probability : log_probabilities) {
    const auto number = static_cast<double>(log_probability);
    if (std::isfinite(number)) entropy -= std::exp(number) * number;
  }
  return entropy;
}

/// Makes a decoder say captions, one of each image: where there are more images, the captions begin anew.
template <class Decoder, class Features>
std::vector<SpokenCaption> speak(const Decoder& decoder, const Features& features,
                                 std::span<const FoundCaption> captions) {
  auto state = decoder.start(features);
  const auto caption_of = [&](Index i) -> const FoundCaption& {
    return captions[static_cast<std::size_t>(i) % captions.size()];
  };
  Index steps = 0;
  for (const FoundCaption& caption : captions) steps = std::max(steps, caption.steps());
  const auto word_at = [&](Index i, Index step) {
    const auto& words = caption_of(i).words;
    return step < static_cast<Index>(words.size()) ? words[static_cast<std::size_t>(step)] : Vocabulary::end;
  };
  std::vector<SpokenCaption> spoken(static_cast<std::size_t>(state.rows()));
  Tensor<std::int32_t, 1> read({state.rows()});
  read.fill(Vocabulary::start);
  for (Index step = 0; step < steps; ++step) {
    auto logits = decoder.step(read, state);
    parallel_for(state.rows(), [&](Index i) {
      const auto at = static_cast<std::size_t>(i);
      read[i] = word_at(i, step);
      if (step >= caption_of(i).steps()) return;
      const auto row = row_of(logits, i);
      to_log_probabilities(row, "caption_signals");
      spoken[at].log_probability += static_cast<double>(row[static_cast<std::size_t>(read[i])]);
      spoken[at].entropy += entropy_of(std::span<const std::remove_reference_t<decltype(row[0])>>(row));
    });
  }
  return spoken;
}

}  // namespace detail

/// The signals of a caption of each image. Throws ShapeError where there are more or fewer, or where the typical image
/// has features of another size, NumericError where no word has a score.
template <class Decoder>
std::vector<CaptionSignals> caption_signals(const Decoder& decoder, const ImageFeatures<float>& features,
                                            std::span<const FoundCaption> captions, const TypicalImage& typical) {
  const Index images = features.images();
  require<ShapeError>(static_cast<std::size_t>(images) == captions.size(), "caption_signals: ", captions.size(),
                      " captions, but features of ", images, " images");
  // Both in one pass: for few images, most of the time goes into reading the decoder's weights.
  const auto both = joined_images(features, repeat_typical(typical, images, features.grid.dim(1)));
  const auto spoken = detail::speak(decoder, both, captions);
  std::vector<CaptionSignals> signals;
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const auto steps = static_cast<double>(std::max<Index>(1, captions[i].steps()));
    const detail::SpokenCaption &seen = spoken[i], &unseen = spoken[captions.size() + i];
    signals.push_back({.log_probability = seen.log_probability / steps,
                       .entropy = seen.entropy / steps,
                       .gain = (seen.log_probability - unseen.log_probability) / steps,
                       .words = steps});
  }
  return signals;
}

}  // namespace pupil::captioning
