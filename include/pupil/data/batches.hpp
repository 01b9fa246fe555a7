#pragma once
// Batches of captions for training: those that an epoch's plan wants, as blocks (text/caption_block.hpp).

#include <cstdint>
#include <span>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/data/epoch_plan.hpp>
#include <pupil/text/caption_block.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// One batch. Filled again and again, it keeps its memory.
class Batch {
 public:
  /// Which images, as indices into the captions; image row r is images()[r].
  std::span<const Index> images() const { return images_; }

  std::span<const CaptionBlock> blocks() const { return std::span(blocks_).first(block_count_); }

  Index caption_count() const { return captions_; }

  /// Steps that have a target: what the sum of losses is divided by.
  Index target_count() const { return targets_; }

  /// The part of all steps that has no target.
  double padding_fraction() const {
    return cells_ == 0 ? 0 : 1 - static_cast<double>(targets_) / static_cast<double>(cells_);
  }

  /// Takes a batch of a plan that was made from these captions.
  void fill(const EncodedCaptions& captions, const PlannedBatch& plan) {
    images_.assign(plan.images.begin(), plan.images.end());
    captions_ = static_cast<Index>(plan.captions.size());
    targets_ = 0;
    cells_ = 0;
    block_count_ = plan.block_ends.size();
    if (blocks_.size() < block_count_) blocks_.resize(block_count_);
    std::size_t first = 0;
    for (std::size_t b = 0; b < block_count_; ++b) {
      const auto end = static_cast<std::size_t>(plan.block_ends[b]);
      fill_block(captions, std::span(plan.captions).subspan(first, end - first), blocks_[b]);
      first = end;
    }
  }

 private:
  void fill_block(const EncodedCaptions& captions, std::span<const PlannedCaption> planned, CaptionBlock& block) {
    const Shape<2> shape{planned.front().steps, static_cast<Index>(planned.size())};
    if (block.inputs.shape() != shape) {
      block.inputs = Tensor<std::int32_t, 2>::uninitialized(shape);
      block.targets = Tensor<std::int32_t, 2>::uninitialized(shape);
    }
    block.lengths.clear();
    block.image_rows.clear();
    for (Index c = 0; c < shape[1]; ++c) {
      const PlannedCaption& caption = planned[static_cast<std::size_t>(c)];
      const Index image = images_[static_cast<std::size_t>(caption.image_row)];
      fill_caption(detail::words_of(captions, image, caption.caption), caption.steps, c, block);
      block.lengths.push_back(caption.steps);
      block.image_rows.push_back(caption.image_row);
      targets_ += caption.steps;
    }
    cells_ += shape.size();
  }

  std::vector<Index> images_;
  std::vector<CaptionBlock> blocks_;  // only the first block_count_ are of this batch; the others keep their memory
  std::size_t block_count_ = 0;
  Index captions_ = 0;
  Index targets_ = 0;
  Index cells_ = 0;
};

}  // namespace pupil::captioning
