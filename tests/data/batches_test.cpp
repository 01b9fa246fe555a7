#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/batches.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

constexpr std::int32_t pad = Vocabulary::pad, start = Vocabulary::start, end = Vocabulary::end;
constexpr std::int32_t ignored = CaptionBlock::ignored_target;

Batch filled(const EncodedCaptions& captions, const PlannedBatch& plan) {
  Batch batch;
  batch.fill(captions, plan);
  return batch;
}

}  // namespace

TEST_CASE("inputs begin with start, targets end with end, and padding is ignored") {
  const EncodedCaptions captions{{{10, 11, 12}}, {{20}}};
  const PlannedBatch plan{.images = {1, 0}, .captions = {{1, 0, 4}, {0, 0, 2}}, .block_ends = {2}};
  const Batch batch = filled(captions, plan);
  REQUIRE(batch.blocks().size() == 1);
  const CaptionBlock& block = batch.blocks()[0];
  CHECK(block.inputs == Tensor<std::int32_t, 2>({4, 2}, {start, start,  //
                                                         10, 20,        //
                                                         11, pad,       //
                                                         12, pad}));
  CHECK(block.targets == Tensor<std::int32_t, 2>({4, 2}, {10, 20,       //
                                                          11, end,      //
                                                          12, ignored,  //
                                                          end, ignored}));
  CHECK(block.lengths == std::vector<Index>{4, 2});
  CHECK(block.image_rows == std::vector<Index>{1, 0});
  CHECK(std::vector<Index>(batch.images().begin(), batch.images().end()) == std::vector<Index>{1, 0});
}

TEST_CASE("a batch counts its captions, its targets and its padding") {
  const EncodedCaptions captions{{{10, 11, 12}}, {{20}}};
  const Batch batch = filled(captions, {.images = {1, 0}, .captions = {{1, 0, 4}, {0, 0, 2}}, .block_ends = {2}});
  CHECK(batch.caption_count() == 2);
  CHECK(batch.target_count() == 6);
  CHECK(batch.padding_fraction() == doctest::Approx(2.0 / 8));
  CHECK(Batch().padding_fraction() == 0);
}

TEST_CASE("a caption that is cut has no end to learn") {
  const Batch batch = filled({{{10, 11, 12, 13}}}, {.images = {0}, .captions = {{0, 0, 3}}, .block_ends = {1}});
  CHECK(batch.blocks()[0].inputs == Tensor<std::int32_t, 2>({3, 1}, {start, 10, 11}));
  CHECK(batch.blocks()[0].targets == Tensor<std::int32_t, 2>({3, 1}, {10, 11, 12}));
}

TEST_CASE("a caption of just the greatest length keeps its end") {
  const EncodedCaptions captions{{{10, 11}}};
  const EpochPlan plan = plan_epoch(captions, {.max_caption_length = 2}, 0);
  CHECK(filled(captions, plan.batches[0]).blocks()[0].targets == Tensor<std::int32_t, 2>({3, 1}, {10, 11, end}));
}

TEST_CASE("every block has the time of its own longest caption") {
  const EncodedCaptions captions{{{10, 11, 12, 13}, {20}, {30}}};
  const EpochPlan plan = plan_epoch(captions, {.captions_per_image = 3}, 0);
  const Batch batch = filled(captions, plan.batches[0]);
  REQUIRE(batch.blocks().size() == 2);
  CHECK(batch.blocks()[0].inputs.shape() == Shape{5, 1});
  CHECK(batch.blocks()[1].inputs.shape() == Shape{2, 2});
  CHECK(batch.blocks()[1].image_rows == std::vector<Index>{0, 0});
}

TEST_CASE("a batch that is filled again shows nothing of what it held before") {
  const EncodedCaptions captions{{{10, 11, 12, 13}, {20}, {30}}, {{40, 41}}};
  const EpochPlan large = plan_epoch({captions[0]}, {.captions_per_image = 3}, 0);
  const PlannedBatch small{.images = {1}, .captions = {{0, 0, 3}}, .block_ends = {1}};
  Batch batch;
  batch.fill(captions, large.batches[0]);
  batch.fill(captions, small);
  REQUIRE(batch.blocks().size() == 1);
  CHECK(batch.blocks()[0].targets == Tensor<std::int32_t, 2>({3, 1}, {40, 41, end}));
  CHECK(batch.blocks()[0].lengths == std::vector<Index>{3});
  CHECK(batch.images().size() == 1);
  CHECK(batch.caption_count() == 1);
  CHECK(batch.target_count() == 3);
}

TEST_CASE("filling batches of the same shapes again asks nothing of the system") {
  EncodedCaptions captions(20, {{4, 5, 6}, {7, 8}});
  const EpochPlan plan = plan_epoch(captions, {.batch_size = 4, .captions_per_image = 2}, 0);
  Batch batch;
  for (const PlannedBatch& planned : plan.batches) batch.fill(captions, planned);
  const std::size_t before = StoragePool::instance().statistics().system_allocations;
  for (const PlannedBatch& planned : plan.batches) batch.fill(captions, planned);
  CHECK(StoragePool::instance().statistics().system_allocations == before);
}
