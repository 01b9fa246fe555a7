#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/text/word_dropout.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

/// Captions of the words 4 to 8, one of them shorter.
std::vector<CaptionBlock> blocks_to_drop() {
  constexpr Index time = 60, caption_count = 40;
  CaptionBlock block{
      Tensor<std::int32_t, 2>({time, caption_count}), Tensor<std::int32_t, 2>({time, caption_count}), {}, {}};
  Rng rng(1);
  for (Index c = 0; c < caption_count; ++c) {
    const Index length = c + 1 < caption_count ? time : 10;
    block.lengths.push_back(length);
    block.image_rows.push_back(c);
    for (Index t = 0; t < time; ++t) {
      block.inputs(t, c) = t >= length ? Vocabulary::pad
                           : t == 0    ? Vocabulary::start
                                       : 4 + static_cast<std::int32_t>(rng.below(5));
      block.targets(t, c) = t >= length ? CaptionBlock::ignored_target : 4;
    }
  }
  return {block, block};
}

std::vector<std::int32_t> all_inputs(const std::vector<CaptionBlock>& blocks) {
  std::vector<std::int32_t> words;
  for (const CaptionBlock& block : blocks) words.insert(words.end(), block.inputs.begin(), block.inputs.end());
  return words;
}

std::vector<std::int32_t> dropped(double probability, std::uint64_t seed) {
  auto blocks = blocks_to_drop();
  Rng rng(seed);
  drop_words(blocks, probability, rng);
  return all_inputs(blocks);
}

}  // namespace

TEST_CASE("words become unknown with the probability asked for; start, padding and targets stay") {
  auto blocks = blocks_to_drop();
  const auto before = blocks;
  Rng rng(2);
  drop_words(blocks, 0.25, rng);
  Index words = 0, unknown = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    CHECK(blocks[b].targets == before[b].targets);
    for (Index i = 0; i < blocks[b].inputs.size(); ++i) {
      const std::int32_t old = before[b].inputs[i], now = blocks[b].inputs[i];
      words += old >= 4 ? 1 : 0;
      unknown += now == Vocabulary::unknown ? 1 : 0;
      CHECK((now == old || (old >= 4 && now == Vocabulary::unknown)));
    }
  }
  const double share = static_cast<double>(unknown) / static_cast<double>(words);
  CHECK(share > 0.22);
  CHECK(share < 0.28);
}

TEST_CASE("no word is dropped with the probability 0, and all are with 1") {
  CHECK(dropped(0, 3) == all_inputs(blocks_to_drop()));
  for (const std::int32_t word : dropped(1, 3)) CHECK(word < 4);
}

TEST_CASE("the same numbers drop the same words") {
  CHECK(dropped(0.5, 4) == dropped(0.5, 4));
  CHECK(dropped(0.5, 4) != dropped(0.5, 5));
}

TEST_CASE("what is no probability of dropping a word is an error") {
  CHECK_THROWS_AS(dropped(-0.1, 1), OptionError);
  CHECK_THROWS_AS(dropped(1.1, 1), OptionError);
}
