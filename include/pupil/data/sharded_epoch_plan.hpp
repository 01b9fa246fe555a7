#pragma once
// The epochs of images that belong to shards, as where no machine has all of them: every batch has images of every
// shard, so each who has some shards has its part of every batch, and needs no image of another's.
//
// PyTorch's twin is torch.utils.data.DistributedSampler, which deals images out anew in every epoch.

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/hash.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/data/epoch_plan.hpp>

namespace pupil::captioning {

namespace detail {

/// How many batches of `batch_size` visits there are; one more in a batch where a last one would be alone.
inline Index count_batches(Index visits, Index batch_size) {
  return std::max<Index>(1, (visits + batch_size - 2) / batch_size);
}

/// Where batch `batch` of `batches` begins in a shard of so many visits, which are spread evenly over them: of few
/// visits, two or more go together, for one alone cannot be batch-normalized.
inline Index first_of_batch(Index visits, Index batch, Index batches) {
  if (visits >= 2 * batches || batch == batches) return visits * batch / batches;
  return visits / 2 * batch / batches * 2;
}

/// The visits of every shard in the order in which they are made; `most` of a shard are together in a batch.
inline std::vector<std::vector<Visit>> visits_of_shards(const EncodedCaptions& captions,
                                                        std::span<const Index> shard_of_image, Index shards, Index most,
                                                        const BatchOptions& options, Rng& rng) {
  std::vector<std::vector<Visit>> of_shards(static_cast<std::size_t>(shards));
  for (Visit& visit : make_visits(captions, options.captions_per_image, rng)) {
    const Index shard = shard_of_image[static_cast<std::size_t>(visit.image)];
    require<IndexError>(shard >= 0 && shard < shards, "batches: image ", visit.image, " is of shard ", shard, " of ",
                        shards);
    of_shards[static_cast<std::size_t>(shard)].push_back(std::move(visit));
  }
  for (std::size_t shard = 0; shard < of_shards.size(); ++shard) {
    require<OptionError>(of_shards[shard].size() != 1, "batches: shard ", shard,
                         " has one image with captions, and one alone cannot be batch-normalized");
    order_visits(captions, options.captions_per_image, most, of_shards[shard], rng);
  }
  return of_shards;
}

/// Batch number `batch` of so many: its part of every shard, one after the other.
inline PlannedBatch plan_sharded_batch(const EncodedCaptions& captions, const BatchOptions& options,
                                       const std::vector<std::vector<Visit>>& of_shards, Index batch, Index batches) {
  std::vector<Visit> together;
  std::vector<Index> ends;
  for (const std::vector<Visit>& visits : of_shards) {
    const auto count = static_cast<Index>(visits.size());
    together.insert(together.end(), visits.begin() + first_of_batch(count, batch, batches),
                    visits.begin() + first_of_batch(count, batch + 1, batches));
    ends.push_back(static_cast<Index>(together.size()));
  }
  PlannedBatch planned = plan_batch(captions, options, together.cbegin(), together.cend());
  planned.share_ends = std::move(ends);
  return planned;
}

}  // namespace detail

/// Plans an epoch as plan_epoch does, of images of which number i belongs to shard `shard_of_image[i]`, one of `shards`
/// from 0 on. A batch has `batch_size / shards` images of a shard or fewer, one after the other as `share_ends` says,
/// and one more where it would be alone. Which images are together depends on the shards, but not on who has them.
/// Throws OptionError where an option is outside its range, where a batch has no two images of each shard, and where a
/// shard has one visit alone to make; ShapeError and IndexError where the shards do not fit.
inline EpochPlan plan_sharded_epoch(const EncodedCaptions& captions, std::span<const Index> shard_of_image,
                                    Index shards, const BatchOptions& options, std::uint64_t epoch) {
  detail::check(options);
  require<ShapeError>(shard_of_image.size() == captions.size(), "batches: ", shard_of_image.size(),
                      " shards are given for ", captions.size(), " images");
  require<OptionError>(shards >= 1 && options.batch_size >= 2 * shards, "batches: batch_size is ", options.batch_size,
                       ", which has no two images for each of ", shards, " shards");
  Rng rng(options.seed, hash_number(epoch, hash_bytes("sharded epoch plan")));
  const Index most = options.batch_size / shards;  // of a shard, in a batch
  const auto of_shards = detail::visits_of_shards(captions, shard_of_image, shards, most, options, rng);
  const auto largest = std::ranges::max_element(of_shards, {}, [](const auto& visits) { return visits.size(); });
  require<OptionError>(!largest->empty(), "batches: none of the ", captions.size(), " images has a caption with words");
  const Index batches = detail::count_batches(static_cast<Index>(largest->size()), most);
  EpochPlan plan;
  for (Index b = 0; b < batches; ++b) {
    plan.batches.push_back(detail::plan_sharded_batch(captions, options, of_shards, b, batches));
  }
  rng.shuffle(plan.batches);
  return plan;
}

}  // namespace pupil::captioning
