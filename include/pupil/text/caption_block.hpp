#pragma once
// Captions as a decoder wants them in training: integers, [time, captions], shifted by one between input and target.
//
//   inputs   start  a     red   circle  pad        targets   a     red     circle  end     ignored
//            start  a     red   star    pad                  a     red     star    end     ignored   (transposed)

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// Captions of like length, side by side.
struct CaptionBlock {
  /// The target of a padded step: none, the loss leaves it out.
  static constexpr std::int32_t ignored_target = -1;

  Tensor<std::int32_t, 2> inputs;   ///< [time, captions]: start, w1, ..., wn, then pad
  Tensor<std::int32_t, 2> targets;  ///< [time, captions]: w1, ..., wn, end, then ignored_target
  std::vector<Index> lengths;       ///< the steps of every caption, descending; the first is the block's time
  std::vector<Index> image_rows;    ///< which of the batch's images every caption belongs to
};

/// Writes a caption into a column of a block's inputs and targets: the first `steps` steps of its words and the end,
/// then padding.
inline void fill_caption(std::span<const std::int32_t> words, Index steps, Index column, CaptionBlock& block) {
  const auto word = [&](Index i) { return words[static_cast<std::size_t>(i)]; };
  const auto word_count = static_cast<Index>(words.size());
  for (Index t = 0; t < block.inputs.dim(0); ++t) {
    const bool is_step = t < steps;
    block.inputs(t, column) = !is_step ? Vocabulary::pad : t == 0 ? Vocabulary::start : word(t - 1);
    block.targets(t, column) = !is_step ? CaptionBlock::ignored_target : t < word_count ? word(t) : Vocabulary::end;
  }
}

/// How many steps of these blocks have a target.
inline Index count_targets(std::span<const CaptionBlock> blocks) {
  Index count = 0;
  for (const CaptionBlock& block : blocks) {
    for (const Index length : block.lengths) count += length;
  }
  return count;
}

/// Throws IndexError where a caption belongs to none of `images` images.
inline void check_image_rows(std::span<const CaptionBlock> blocks, Index images) {
  for (const CaptionBlock& block : blocks) {
    for (std::size_t c = 0; c < block.image_rows.size(); ++c) {
      const Index image = block.image_rows[c];
      if (image >= 0 && image < images) continue;
      throw IndexError(message("captions: caption ", c, " is of image ", image, ", there are ", images));
    }
  }
}

/// The targets that are not padding, block after block and step after step: the order of a decoder's logits.
inline Tensor<std::int32_t, 1> target_words(std::span<const CaptionBlock> blocks) {
  auto words = Tensor<std::int32_t, 1>::uninitialized({count_targets(blocks)});
  auto* next = words.data();
  for (const CaptionBlock& block : blocks) {
    next = std::copy_if(block.targets.begin(), block.targets.end(), next,
                        [](std::int32_t target) { return target != CaptionBlock::ignored_target; });
  }
  return words;
}

}  // namespace pupil::captioning
