#pragma once
// A planned batch, shared out: every image with its captions is in one share.

#include <algorithm>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/data/epoch_plan.hpp>

namespace pupil::captioning {

/// Images [begin, end) of a batch.
struct BatchRange {
  Index begin = 0;
  Index end = 0;

  Index size() const { return end - begin; }
};

/// Share number `share` of `images` that are shared out evenly among so many. An image by itself cannot be
/// batch-normalized, so there is no share of one image unless the batch is one; of few images, the last shares have
/// none.
inline BatchRange batch_share(Index images, Index share, Index shares) {
  require<IndexError>(share >= 0 && share < shares, "batch_share: there is no share ", share, " of ", shares);
  const Index filled = std::clamp(images / 2, Index{1}, shares);
  const auto begin = [&](Index i) { return images * std::min(i, filled) / filled; };
  return {begin(share), begin(share + 1)};
}

/// The same of a planned batch, whose images may belong to shards: then each has its own, and there are as many shares.
inline BatchRange batch_share(const PlannedBatch& batch, Index share, Index shares) {
  if (batch.share_ends.empty()) return batch_share(static_cast<Index>(batch.images.size()), share, shares);
  require<IndexError>(share >= 0 && share < shares && shares == static_cast<Index>(batch.share_ends.size()),
                      "batch_share: there is no share ", share, " of ", shares, " of a batch of ",
                      batch.share_ends.size(), " shards");
  const auto end = batch.share_ends.begin() + share;
  return {share == 0 ? 0 : *(end - 1), *end};
}

/// What a batch has of these images, the first of which becomes image row 0. Blocks are cut as they are in a plan.
inline PlannedBatch part_of_batch(const PlannedBatch& batch, BatchRange images, double max_padding) {
  PlannedBatch part;
  part.images.assign(batch.images.begin() + images.begin, batch.images.begin() + images.end);
  for (PlannedCaption caption : batch.captions) {  // the longest first, and so they stay
    if (caption.image_row < images.begin || caption.image_row >= images.end) continue;
    caption.image_row -= images.begin;
    part.captions.push_back(caption);
  }
  if (!part.captions.empty()) part.block_ends = detail::cut_into_blocks(part.captions, max_padding);
  return part;
}

}  // namespace pupil::captioning
