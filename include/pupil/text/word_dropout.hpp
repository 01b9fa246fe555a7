#pragma once
// Word dropout: some of the words that a decoder reads in training are hidden from it, so that it has to look at the
// image, and does not only learn which word follows which. Bowman, Vilnis, Vinyals, Dai, Jozefowicz, Bengio,
// "Generating sentences from a continuous space", 2016.

#include <cstdint>
#include <span>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/text/caption_block.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// Makes every word of the inputs `unknown` with this probability, each by itself: not the start, and not the padding;
/// targets stay. Throws OptionError for a probability outside [0, 1].
inline void drop_words(std::span<CaptionBlock> blocks, double probability, Rng& rng) {
  require<OptionError>(probability >= 0 && probability <= 1, "word_dropout: the probability ", probability,
                       " is not in [0, 1]");
  for (CaptionBlock& block : blocks) {
    for (std::int32_t& word : block.inputs) {
      const bool is_dropped = rng.uniform<double>() < probability;  // drawn for every place: none depends on the words
      if (is_dropped && word != Vocabulary::start && word != Vocabulary::pad) word = Vocabulary::unknown;
    }
  }
}

}  // namespace pupil::captioning
