#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/scheduled_sampling.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

std::vector<CaptionBlock> blocks_of(const Batch& batch) { return {batch.blocks().begin(), batch.blocks().end()}; }

}  // namespace

TEST_CASE("the share of drawn words grows from nothing in the first epoch to the one asked for in the last") {
  CHECK(scheduled_share(0.4, 0, 5) == 0);
  CHECK(scheduled_share(0.4, 2, 5) == doctest::Approx(0.2));
  CHECK(scheduled_share(0.4, 4, 5) == doctest::Approx(0.4));
  CHECK(scheduled_share(0.4, 9, 5) == doctest::Approx(0.4));
  CHECK(scheduled_share(0.4, 0, 1) == 0);
}

TEST_CASE("words are drawn as often as softmax says") {
  constexpr Index rows = 20'000;
  Tensor<double, 2> logits({rows, 3});
  for (Index r = 0; r < rows; ++r) {
    logits(r, 1) = std::log(3.0);
    logits(r, 2) = std::log(6.0);
  }
  Rng rng(1);
  std::array<double, 3> counts{};
  for (const std::int32_t word : draw_words(logits, rng)) counts[static_cast<std::size_t>(word)] += 1.0 / rows;
  CHECK(counts[0] == doctest::Approx(0.1).epsilon(0.1));
  CHECK(counts[1] == doctest::Approx(0.3).epsilon(0.05));
  CHECK(counts[2] == doctest::Approx(0.6).epsilon(0.05));
  CHECK(rng.state().position == rows);
}

TEST_CASE("drawn words are the same on any number of threads, and others the next time") {
  Rng rng(2);
  const auto logits = random_tensor<float>(Shape{3000, 9}, rng);
  check_thread_counts([&] {
    Rng numbers(3);
    return draw_words(logits, numbers);
  });
  Rng numbers(3);
  const auto first = draw_words(logits, numbers);
  CHECK_FALSE(draw_words(logits, numbers) == first);
}

TEST_CASE("what is drawn for a step is read at the next, and nothing else changes") {
  const Batch batch = tiny_batch();
  auto blocks = blocks_of(batch);
  auto drawn = target_words(batch.blocks());
  for (Index i = 0; i < drawn.size(); ++i) drawn[i] = static_cast<std::int32_t>(4 + i % 5);
  Rng rng(4);
  mix_words(blocks, drawn, 1, rng);
  Index next = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const CaptionBlock& before = batch.blocks()[b];
    CHECK(blocks[b].targets == before.targets);
    for (Index t = 0; t < before.inputs.dim(0); ++t) {
      for (Index c = 0; c < before.inputs.dim(1); ++c) {
        if (t == 0) CHECK(blocks[b].inputs(0, c) == Vocabulary::start);
        const Index length = before.lengths[static_cast<std::size_t>(c)];
        if (t >= length) {
          CHECK(blocks[b].inputs(t, c) == Vocabulary::pad);
          continue;
        }
        if (t + 1 < length) CHECK(blocks[b].inputs(t + 1, c) == drawn[next]);
        ++next;
      }
    }
  }
  CHECK(next == drawn.size());
}

TEST_CASE("marks that no decoder reads are not mixed in, and without a share nothing is") {
  const Batch batch = tiny_batch();
  auto blocks = blocks_of(batch);
  Rng rng(5);
  auto drawn = target_words(batch.blocks());
  for (const std::int32_t mark : {Vocabulary::pad, Vocabulary::start, Vocabulary::end}) {
    drawn.fill(mark);
    mix_words(blocks, drawn, 1, rng);
    for (std::size_t b = 0; b < blocks.size(); ++b) CHECK(blocks[b].inputs == batch.blocks()[b].inputs);
  }
  drawn.fill(8);
  mix_words(blocks, drawn, 0, rng);
  for (std::size_t b = 0; b < blocks.size(); ++b) CHECK(blocks[b].inputs == batch.blocks()[b].inputs);
}
