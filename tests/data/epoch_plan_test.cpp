#include <map>
#include <set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/epoch_plan.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::error_of;

namespace {

/// Captions of 1 to 20 words, the short ones more often.
EncodedCaptions random_captions(Index images, Index captions_each, std::uint64_t seed) {
  Rng rng(seed);
  EncodedCaptions captions(static_cast<std::size_t>(images));
  for (auto& of_image : captions) {
    for (Index c = 0; c < captions_each; ++c) {
      const Index words = 1 + std::min(rng.below(20), rng.below(20));
      of_image.emplace_back(static_cast<std::size_t>(words), static_cast<std::int32_t>(4 + c));
    }
  }
  return captions;
}

/// Calls `body(image, caption, steps)` for every caption that a batch shows.
template <class Body>
void for_each_caption(const PlannedBatch& batch, Body&& body) {
  for (const PlannedCaption& planned : batch.captions) {
    body(batch.images[static_cast<std::size_t>(planned.image_row)], planned.caption, planned.steps);
  }
}

bool same(const EpochPlan& a, const EpochPlan& b) {
  if (a.batches.size() != b.batches.size()) return false;
  for (std::size_t i = 0; i < a.batches.size(); ++i) {
    std::vector<std::pair<Index, Index>> shown_a, shown_b;
    for_each_caption(a.batches[i], [&](Index image, Index caption, Index) { shown_a.emplace_back(image, caption); });
    for_each_caption(b.batches[i], [&](Index image, Index caption, Index) { shown_b.emplace_back(image, caption); });
    if (shown_a != shown_b || a.batches[i].images != b.batches[i].images) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("an epoch shows every caption once, whatever the captions an image") {
  const EncodedCaptions captions = random_captions(53, 5, 1);
  for (const Index together : {1, 2, 3, 5, 9}) {
    CAPTURE(together);
    const EpochPlan plan = plan_epoch(captions, {.batch_size = 8, .captions_per_image = together, .seed = 3}, 0);
    std::map<std::pair<Index, Index>, int> shown;
    for (const PlannedBatch& batch : plan.batches) {
      for_each_caption(batch, [&](Index image, Index caption, Index steps) {
        ++shown[{image, caption}];
        CHECK(steps == static_cast<Index>(pupil::captioning::detail::words_of(captions, image, caption).size()) + 1);
      });
    }
    CHECK(shown.size() == 53 * 5);
    for (const auto& [caption, times] : shown) CHECK(times == 1);
  }
}

TEST_CASE("no image is left alone in the last batch of an epoch") {
  const auto sizes_of = [](Index images, Index batch_size) {
    const EpochPlan plan = plan_epoch(random_captions(images, 1, 1), {.batch_size = batch_size}, 0);
    std::multiset<std::size_t> sizes;
    for (const PlannedBatch& batch : plan.batches) sizes.insert(batch.images.size());
    return sizes;
  };
  CHECK(sizes_of(9, 4) == std::multiset<std::size_t>{4, 5});
  CHECK(sizes_of(10, 4) == std::multiset<std::size_t>{2, 4, 4});
  CHECK(sizes_of(3, 2) == std::multiset<std::size_t>{3});
  CHECK(sizes_of(1, 2) == std::multiset<std::size_t>{1});
  CHECK(sizes_of(2, 1) == std::multiset<std::size_t>{1, 1});
}

TEST_CASE("a batch has batch_size images, of each at most captions_per_image captions") {
  const EncodedCaptions captions = random_captions(21, 5, 2);
  const EpochPlan plan = plan_epoch(captions, {.batch_size = 4, .captions_per_image = 2}, 0);
  REQUIRE(plan.batches.size() == 16);  // 21 images with 3 visits each
  int full = 0;
  for (const PlannedBatch& batch : plan.batches) {
    full += batch.images.size() == 4 ? 1 : 0;
    std::map<Index, int> captions_of_row;
    for (const PlannedCaption& planned : batch.captions) ++captions_of_row[planned.image_row];
    CHECK(captions_of_row.size() == batch.images.size());
    for (const auto& [row, count] : captions_of_row) CHECK(count <= 2);
  }
  CHECK(full == 15);
}

TEST_CASE("the padding of every block stays below 10 percent, and its captions stand in order of length") {
  for (const Index together : {1, 2, 5}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      CAPTURE(together);
      CAPTURE(seed);
      const EpochPlan plan =
          plan_epoch(random_captions(100, 5, seed), {.batch_size = 16, .captions_per_image = together}, seed);
      for (const PlannedBatch& batch : plan.batches) {
        std::size_t first = 0;
        for (const Index block_end : batch.block_ends) {
          const auto last = static_cast<std::size_t>(block_end);
          REQUIRE(last > first);
          Index filled = 0;
          for (std::size_t i = first; i < last; ++i) {
            filled += batch.captions[i].steps;
            CHECK((i == 0 || batch.captions[i].steps <= batch.captions[i - 1].steps));
          }
          const Index cells = batch.captions[first].steps * static_cast<Index>(last - first);
          CHECK(static_cast<double>(cells - filled) / static_cast<double>(cells) < .1);
          first = last;
        }
        CHECK(first == batch.captions.size());
      }
    }
  }
}

TEST_CASE("blocks are cut where the limit is reached and not before") {
  const auto ends_for = [](std::vector<Index> steps, double max_padding) {
    std::vector<PlannedCaption> captions;
    for (const Index s : steps) captions.push_back({.steps = s});
    return pupil::captioning::detail::cut_into_blocks(captions, max_padding);
  };
  using Ends = std::vector<Index>;
  CHECK(ends_for({10, 10, 10}, .1) == Ends{3});
  CHECK(ends_for({10, 9, 9, 9}, .1) == Ends{4});  // 3 of 40
  CHECK(ends_for({10, 8}, .1) == Ends{1, 2});     // 2 of 20 is not below the limit
  CHECK(ends_for({10, 10, 8, 4, 4}, .1) == Ends{3, 5});
  CHECK(ends_for({10, 5, 1}, 1) == Ends{3});
  CHECK(ends_for({7}, .1) == Ends{1});
}

TEST_CASE("batches of one caption an image hold captions of like length, in few blocks") {
  const EpochPlan plan =
      plan_epoch(random_captions(400, 5, 4), {.batch_size = 32, .captions_per_image = 1, .seed = 4}, 0);
  std::size_t blocks = 0;
  for (const PlannedBatch& batch : plan.batches) blocks += batch.block_ends.size();
  CHECK(static_cast<double>(blocks) < 1.5 * static_cast<double>(plan.batches.size()));
}

TEST_CASE("long captions are cut, and count as the steps that are left") {
  const EncodedCaptions captions{{std::vector<std::int32_t>(9, 5), std::vector<std::int32_t>(3, 5)}};
  const EpochPlan plan = plan_epoch(captions, {.captions_per_image = 2, .max_caption_length = 4, .max_padding = 1}, 0);
  REQUIRE(plan.batches.size() == 1);
  CHECK(plan.batches[0].captions[0].steps == 5);
  CHECK(plan.batches[0].captions[1].steps == 4);
}

TEST_CASE("the same seed and epoch give the same plan, another of either gives another") {
  const EncodedCaptions captions = random_captions(40, 3, 5);
  for (const Index together : {1, 3}) {
    const auto plan = [&](std::uint64_t seed, std::uint64_t epoch) {
      return plan_epoch(captions, {.batch_size = 4, .captions_per_image = together, .seed = seed}, epoch);
    };
    CHECK(same(plan(1, 7), plan(1, 7)));
    CHECK_FALSE(same(plan(1, 7), plan(1, 8)));
    CHECK_FALSE(same(plan(1, 7), plan(2, 7)));
  }
}

TEST_CASE("captions without words are left out, and images without captions") {
  const EncodedCaptions captions{{{}, {4}}, {}, {{}}, {{5, 6}}};
  const EpochPlan plan = plan_epoch(captions, {}, 0);
  std::set<std::pair<Index, Index>> shown;
  for_each_caption(plan.batches.at(0), [&](Index image, Index caption, Index) { shown.emplace(image, caption); });
  CHECK(shown == std::set<std::pair<Index, Index>>{{0, 1}, {3, 0}});
}

TEST_CASE("nothing to show, or an option outside its range, is an error") {
  const EncodedCaptions captions{{{4}}};
  CHECK(error_of<OptionError>([] {
          plan_epoch({{{}}, {}}, {}, 0);
        }) == "batches: none of the 2 images has a caption with words");
  CHECK(error_of<OptionError>([&] { plan_epoch(captions, {.batch_size = 0}, 0); }) ==
        "batches: batch_size is 0, must be at least 1");
  CHECK_THROWS_AS(plan_epoch(captions, {.captions_per_image = 0}, 0), OptionError);
  CHECK_THROWS_AS(plan_epoch(captions, {.max_caption_length = 0}, 0), OptionError);
  CHECK_THROWS_AS(plan_epoch(captions, {.max_padding = 0}, 0), OptionError);
  CHECK_THROWS_AS(plan_epoch(captions, {.max_padding = 1.5}, 0), OptionError);
}
