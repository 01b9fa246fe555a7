#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/batch_share.hpp>
#include <pupil/data/sharded_epoch_plan.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::contains;
using pupil::testing::error_of;

namespace {

/// So many images of every shard, one behind the other, with `each` captions of 1 to 12 words.
struct ShardedImages {
  ShardedImages(const std::vector<Index>& sizes, Index each) {
    Rng rng(5);
    for (std::size_t shard = 0; shard < sizes.size(); ++shard) {
      for (Index i = 0; i < sizes[shard]; ++i) {
        shard_of_image.push_back(static_cast<Index>(shard));
        auto& of_image = captions.emplace_back();
        for (Index c = 0; c < each; ++c) of_image.emplace_back(static_cast<std::size_t>(1 + rng.below(12)), 4);
      }
    }
  }

  EncodedCaptions captions;
  std::vector<Index> shard_of_image;
};

std::vector<std::vector<Index>> images_of(const EpochPlan& plan) {
  std::vector<std::vector<Index>> images;
  for (const PlannedBatch& batch : plan.batches) images.push_back(batch.images);
  return images;
}

}  // namespace

TEST_CASE("every caption is shown once, and the share of a shard has images of that shard alone") {
  const std::vector<std::vector<Index>> sizes_of_shards{{40, 40, 40}, {41, 33, 37}, {7, 2, 3}, {3, 0, 30}, {9, 9, 10}};
  for (const auto& sizes : sizes_of_shards) {
    for (const Index together : {1, 2, 5}) {
      CAPTURE(sizes.front());
      CAPTURE(together);
      const ShardedImages data(sizes, 5);
      const BatchOptions options{.batch_size = 13, .captions_per_image = together, .seed = 3};
      const EpochPlan plan = plan_sharded_epoch(data.captions, data.shard_of_image, 3, options, 0);
      std::multiset<std::pair<Index, Index>> shown;
      for (const PlannedBatch& batch : plan.batches) {
        REQUIRE(batch.share_ends.size() == 3);
        CHECK(batch.share_ends.back() == static_cast<Index>(batch.images.size()));
        for (Index shard = 0; shard < 3; ++shard) {
          const BatchRange range = batch_share(batch, shard, 3);
          CHECK(range.size() != 1);
          CHECK(range.size() <= 13 / 3 + 1);
          for (Index i = range.begin; i < range.end; ++i) {
            const auto image = static_cast<std::size_t>(batch.images[static_cast<std::size_t>(i)]);
            CHECK(data.shard_of_image[image] == shard);
          }
        }
        for (const PlannedCaption& caption : batch.captions) {
          shown.emplace(batch.images[static_cast<std::size_t>(caption.image_row)], caption.caption);
        }
      }
      CHECK(shown.size() == data.captions.size() * 5);
      CHECK(std::set<std::pair<Index, Index>>(shown.begin(), shown.end()).size() == shown.size());
    }
  }
}

TEST_CASE("images of a shard are spread evenly over the batches") {
  const ShardedImages data({40, 23}, 1);
  const EpochPlan plan = plan_sharded_epoch(data.captions, data.shard_of_image, 2, {.batch_size = 8}, 0);
  CHECK(plan.batches.size() == 10);
  for (const PlannedBatch& batch : plan.batches) {
    CHECK(batch_share(batch, 0, 2).size() == 4);
    CHECK(batch_share(batch, 1, 2).size() >= 2);
    CHECK(batch_share(batch, 1, 2).size() <= 3);
  }
}

TEST_CASE("the same seed and epoch plan the same sharded epoch, another of either another") {
  const ShardedImages data({20, 20}, 2);
  const auto planned_images = [&](std::uint64_t seed_of_plan, std::uint64_t epoch) {
    return images_of(
        plan_sharded_epoch(data.captions, data.shard_of_image, 2, {.batch_size = 8, .seed = seed_of_plan}, epoch));
  };
  CHECK(planned_images(1, 0) == planned_images(1, 0));
  CHECK(planned_images(1, 0) != planned_images(1, 1));
  CHECK(planned_images(1, 0) != planned_images(2, 0));
}

TEST_CASE("shards that cannot have their part of a batch are an error that says why") {
  const ShardedImages data({8, 1}, 1);
  const auto plan = [&](Index shards, Index batch_size) {
    plan_sharded_epoch(data.captions, data.shard_of_image, shards, {.batch_size = batch_size}, 0);
  };
  CHECK(contains(error_of<OptionError>([&] { plan(2, 3); }), "batch_size is 3, which has no two images"));
  CHECK(contains(error_of<OptionError>([&] { plan(2, 8); }), "shard 1 has one image"));
  CHECK(contains(error_of<IndexError>([&] { plan(1, 8); }), "image 8 is of shard 1 of 1"));
  const std::vector<Index> too_few{0, 1};
  error_of<ShapeError>([&] { plan_sharded_epoch(data.captions, too_few, 2, {}, 0); });
  const EncodedCaptions without_words(2, {{}});
  error_of<OptionError>([&] { plan_sharded_epoch(without_words, too_few, 2, {}, 0); });
}

TEST_CASE("a batch of shards has as many shares as shards") {
  const ShardedImages data({8, 8}, 1);
  const EpochPlan plan = plan_sharded_epoch(data.captions, data.shard_of_image, 2, {.batch_size = 8}, 0);
  error_of<IndexError>([&] { batch_share(plan.batches.front(), 0, 1); });
  error_of<IndexError>([&] { batch_share(plan.batches.front(), 2, 3); });
}
