#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/input_changes.hpp>

#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// A decoder that is certain of one word, whatever it has read.
struct CertainDecoder {
  struct Context {};
  std::int32_t word = 0;
  int passes = 0;

  Tensor<float, 2> forward(const ImageFeatures<float>&, std::span<const CaptionBlock> blocks, Context&) {
    ++passes;
    Tensor<float, 2> logits({count_targets(blocks), 9});
    for (Index r = 0; r < logits.rows(); ++r) logits(r, word) = 50;
    return logits;
  }
};

/// How many inputs of these blocks are the word.
Index count_inputs(std::span<const CaptionBlock> blocks, std::int32_t word) {
  Index count = 0;
  for (const CaptionBlock& block : blocks) count += std::count(block.inputs.begin(), block.inputs.end(), word);
  return count;
}

}  // namespace

TEST_CASE("where nothing is to be changed the captions are read as they are, in one pass") {
  const Batch batch = tiny_batch();
  CertainDecoder decoder{.word = 8};
  std::vector<CaptionBlock> memory;
  const auto read = changed_inputs(decoder, ImageFeatures<float>{}, batch.blocks(), {}, memory);
  CHECK(read.data() == batch.blocks().data());
  CHECK(decoder.passes == 0);
}

TEST_CASE("a share of the words is what the decoder predicts, and the captions stay") {
  const Batch batch = tiny_batch();
  CertainDecoder decoder{.word = 8};
  std::vector<CaptionBlock> memory;
  const auto read = [&](double share) {
    const auto blocks =
        changed_inputs(decoder, ImageFeatures<float>{}, batch.blocks(), {.drawn_share = share, .rng = Rng(1)}, memory);
    return count_inputs(blocks, 8);
  };
  const Index words = batch.target_count() - batch.caption_count();  // every step but the first reads one
  CHECK(read(1) == words);
  CHECK(read(0.5) > count_inputs(batch.blocks(), 8));
  CHECK(read(0.5) < words);
  CHECK(decoder.passes == 3);
}

TEST_CASE("words are hidden after others were drawn, and the same numbers give the same inputs") {
  const Batch batch = tiny_batch();
  CertainDecoder decoder{.word = 8};
  std::vector<CaptionBlock> memory;
  const auto inputs = [&](const InputChanges& changes) {
    std::vector<std::int32_t> all;
    for (const CaptionBlock& block : changed_inputs(decoder, ImageFeatures<float>{}, batch.blocks(), changes, memory)) {
      all.insert(all.end(), block.inputs.begin(), block.inputs.end());
    }
    return all;
  };
  const InputChanges all_hidden{.word_dropout = 1, .drawn_share = 1, .rng = Rng(2)};
  CHECK(std::ranges::count(inputs(all_hidden), Vocabulary::unknown) == batch.target_count() - batch.caption_count());
  const InputChanges some{.word_dropout = 0.3, .drawn_share = 0.5, .rng = Rng(3)};
  CHECK(inputs(some) == inputs(some));
  CHECK(inputs(some) != inputs({.word_dropout = 0.3, .drawn_share = 0.5, .rng = Rng(4)}));
}
