#include <set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/batch_share.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::error_of;

TEST_CASE("shares follow each other, are as large as each other, and none is of one image alone") {
  for (Index images = 0; images < 40; ++images) {
    for (Index shares = 1; shares < 12; ++shares) {
      CAPTURE(images);
      CAPTURE(shares);
      Index end = 0;
      std::set<Index> sizes;
      for (Index share = 0; share < shares; ++share) {
        const BatchRange range = batch_share(images, share, shares);
        CHECK(range.begin == end);
        end = range.end;
        if (range.size() > 0) sizes.insert(range.size());
      }
      CHECK(end == images);
      CHECK((sizes.size() < 2 || *sizes.rbegin() - *sizes.begin() <= 1));
      CHECK((images < 2 || !sizes.contains(1)));
    }
  }
  CHECK(batch_share(7, 1, 3).size() == 2);
  CHECK(batch_share(3, 1, 2).size() == 0);
  error_of<IndexError>([] { batch_share(7, 3, 3); });
}

TEST_CASE("parts of a batch have all of its captions, each once, and the longest first") {
  const EncodedCaptions captions{{{4, 5, 7}, {4}, {4, 5}}, {{5}, {5, 6, 7, 8}}, {{6, 6}}, {{7}, {7, 7}}, {{8, 8, 8}}};
  const PlannedBatch batch = plan_epoch(captions, {.batch_size = 5, .captions_per_image = 3}, 0).batches.at(0);
  std::multiset<std::pair<Index, Index>> whole, shared;
  for (const PlannedCaption& caption : batch.captions) {
    whole.emplace(batch.images[static_cast<std::size_t>(caption.image_row)], caption.caption);
  }
  for (Index share = 0; share < 3; ++share) {
    const PlannedBatch part = part_of_batch(batch, batch_share(5, share, 3), 0.1);
    if (part.images.empty()) {
      CHECK(part.captions.empty());
      CHECK(part.block_ends.empty());
      continue;
    }
    CHECK(part.block_ends.back() == static_cast<Index>(part.captions.size()));
    Index steps = part.captions.front().steps;
    for (const PlannedCaption& caption : part.captions) {
      CHECK(caption.steps <= steps);
      steps = caption.steps;
      shared.emplace(part.images.at(static_cast<std::size_t>(caption.image_row)), caption.caption);
    }
  }
  CHECK(shared == whole);
}
