#pragma once
// Scheduled sampling: in training, some of the words that a decoder reads are not those of the caption but its own, as
// all of them are when it makes captions. Bengio, Vinyals, Jaitly, Shazeer, "Scheduled sampling for sequence prediction
// with recurrent neural networks", 2015.
//
// All steps of a caption are read at once here, so there are two passes, as in Mihaylova and Martins, "Scheduled
// sampling for transformers", 2019: the first reads the captions, and for every step a word is drawn from what it
// predicts; in the second, which is trained, the drawn words stand in for some of the caption's. A decoder that knows
// little yet is best told the truth, so their share grows from epoch to epoch.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>
#include <pupil/models/word_draw.hpp>
#include <pupil/text/caption_block.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// The share of drawn words in an epoch, counted from 0: nothing in the first, `last` in the last of so many epochs,
/// and growing alike in between; Bengio et al. call the rest of it linear decay.
inline double scheduled_share(double last, Index epoch, Index epochs) {
  if (epochs <= 1) return 0;
  return last * static_cast<double>(std::min(epoch, epochs - 1)) / static_cast<double>(epochs - 1);
}

/// A word for every row of logits [rows, vocabulary_size], drawn by softmax's probabilities. Row r takes number r of
/// `rng`, so the words are the same on any number of threads.
template <class T>
Tensor<std::int32_t, 1> draw_words(Tensor<T, 2> logits, Rng& rng) {
  const Index words = logits.columns();
  auto drawn = Tensor<std::int32_t, 1>::uninitialized({logits.rows()});
  kernels::softmax_rows(logits);
  parallel_for(logits.rows(), words, [&](Index r) {
    const std::span<const T> probabilities(logits.row(r), static_cast<std::size_t>(words));
    drawn[r] = detail::word_at(probabilities, static_cast<double>(rng.uniform_at(static_cast<std::uint64_t>(r))));
  });
  rng.skip(static_cast<std::uint64_t>(logits.rows()));
  return drawn;
}

/// Puts drawn words, in the order of target_words(blocks), in the places where they would be read: what is drawn for a
/// step is read at the next. Each with the probability `share`; where the end or another mark was drawn, which no
/// decoder reads, the caption's word stays.
inline void mix_words(std::span<CaptionBlock> blocks, const Tensor<std::int32_t, 1>& drawn, double share, Rng& rng) {
  Index next = 0;
  for (CaptionBlock& block : blocks) {
    for (Index t = 0; t < block.inputs.dim(0); ++t) {
      for (Index c = 0; c < block.inputs.dim(1); ++c) {
        if (block.targets(t, c) == CaptionBlock::ignored_target) continue;
        const std::int32_t word = drawn[next++];
        const bool is_taken = rng.uniform<double>() < share;
        const bool is_mark = word == Vocabulary::pad || word == Vocabulary::start || word == Vocabulary::end;
        const bool is_read = t + 1 < block.lengths[static_cast<std::size_t>(c)];
        if (is_taken && is_read && !is_mark) block.inputs(t + 1, c) = word;
      }
    }
  }
}

}  // namespace pupil::captioning
