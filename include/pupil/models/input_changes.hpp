#pragma once
// What training changes of the words that a decoder reads, so that it learns to go on from words that are not those of
// the caption: word dropout (text/word_dropout.hpp) and scheduled sampling (scheduled_sampling.hpp). Targets stay.

#include <span>
#include <utility>
#include <vector>

#include <pupil/core/random.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/scheduled_sampling.hpp>
#include <pupil/text/caption_block.hpp>
#include <pupil/text/word_dropout.hpp>

namespace pupil::captioning {

struct InputChanges {
  double word_dropout = 0;  ///< probability that a word is hidden
  double drawn_share = 0;   ///< share of words that are drawn from what the decoder predicts
  Rng rng{0};               ///< what decides of a batch

  bool is_on() const { return word_dropout > 0 || drawn_share > 0; }
};

/// The captions as they are to be read: themselves where nothing is changed; else in `memory`. For drawn words the
/// decoder reads the captions once more, in training, as what is drawn stands for what training predicts. Words that
/// were drawn may be hidden too.
template <class Decoder, class T>
std::span<const CaptionBlock> changed_inputs(Decoder& decoder, const ImageFeatures<T>& features,
                                             std::span<const CaptionBlock> captions, InputChanges changes,
                                             std::vector<CaptionBlock>& memory) {
  if (!changes.is_on()) return captions;
  memory.assign(captions.begin(), captions.end());
  if (changes.drawn_share > 0) {
    typename Decoder::Context first_pass;
    const auto drawn = draw_words(decoder.forward(features, captions, first_pass), changes.rng);
    mix_words(memory, drawn, changes.drawn_share, changes.rng);
  }
  if (changes.word_dropout > 0) drop_words(memory, changes.word_dropout, changes.rng);
  return memory;
}

}  // namespace pupil::captioning
