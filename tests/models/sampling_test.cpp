#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/models/sampling.hpp>

#include "../support/files.hpp"
#include "table_decoder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// A decoder whose scores are not numbers.
class LostDecoder {
 public:
  explicit LostDecoder(const TableDecoder& decoder) : decoder_(decoder) {}
  TableDecoder::State start(const std::vector<std::int32_t>& images) const { return decoder_.start(images); }
  Tensor<double, 2> step(const Tensor<std::int32_t, 1>& words, TableDecoder::State& state) const {
    auto logits = decoder_.step(words, state);
    logits(0, 5) = std::numeric_limits<double>::quiet_NaN();
    return logits;
  }

 private:
  TableDecoder decoder_;
};

}  // namespace

TEST_CASE("captions are drawn as often as they are probable") {
  constexpr Index drawn = 20000;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    MESSAGE("seed " << seed);
    const TableDecoder decoder(seed, {.max_caption_length = 3, .spread = 1});
    const std::vector<std::int32_t> image{1};
    std::map<WordIds, Index> counts;
    const auto found = sample_captions(decoder, image, {.samples = drawn, .seed = 40 + seed}).front();
    for (const FoundCaption& caption : found) {
      ++counts[caption.words];
    }
    // What is never said leaves its share to the rest, step by step.
    const auto said = [&](const FoundCaption& caption) {
      double probability = 1;
      for (std::size_t i = 0; i < static_cast<std::size_t>(caption.steps()); ++i) {
        const WordIds before(caption.words.begin(), caption.words.begin() + static_cast<std::ptrdiff_t>(i));
        const auto next = decoder.probabilities(1, before);
        const auto word = i < caption.words.size() ? caption.words[i] : Vocabulary::end;
        probability *= next[static_cast<std::size_t>(word)] / (next[2] + next[4] + next[5] + next[6]);
      }
      return probability;
    };
    double chi_square = 0;
    double total = 0;
    int cells = 0;
    for (const FoundCaption& caption : all_captions(decoder, 1, 3)) {
      const double expected = said(caption) * static_cast<double>(drawn);
      total += expected;
      const double difference = static_cast<double>(counts[caption.words]) - expected;
      chi_square += difference * difference / expected;
      ++cells;
    }
    CHECK(total == doctest::Approx(static_cast<double>(drawn)));
    CHECK(counts.size() <= static_cast<std::size_t>(cells));
    const double freedom = cells - 1;
    CHECK(chi_square < freedom + 5 * std::sqrt(2 * freedom));  // five deviations
  }
}

TEST_CASE("a sample says how probable it is by the decoder, whatever the temperature and the cut") {
  const TableDecoder decoder(5, {.vocabulary_size = 20, .max_caption_length = 8});
  const std::vector<std::int32_t> images{1, 2, 3};
  const auto found =
      sample_captions(decoder, images, {.samples = 8, .draw = {.temperature = 2, .top_k = 6, .top_p = 0.9}, .seed = 1});
  REQUIRE(found.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(found[i].size() == 8);
    for (const FoundCaption& caption : found[i]) {
      CHECK(caption.log_probability == doctest::Approx(decoder.log_probability(images[i], caption)));
      CHECK(caption.ended == (caption.words.size() < 8));
    }
  }
}

TEST_CASE("only the most probable word is left of a top_k of 1: the caption is the greedy one") {
  const TableDecoder decoder(6, {.vocabulary_size = 20, .max_caption_length = 8});
  WordIds words;
  while (words.size() < 8) {
    const auto next = decoder.probabilities(1, words);
    auto best = Vocabulary::end;
    for (std::int32_t word = Vocabulary::unknown + 1; word < 20; ++word) {
      if (next[static_cast<std::size_t>(word)] > next[static_cast<std::size_t>(best)]) best = word;
    }
    if (best == Vocabulary::end) break;
    words.push_back(best);
  }
  for (const WordDraw& draw : {WordDraw{.top_k = 1}, WordDraw{.top_p = 1e-9}, WordDraw{.temperature = 1e-6}}) {
    const auto found = sample_captions(decoder, std::vector<std::int32_t>{1}, {.samples = 3, .draw = draw}).front();
    for (const FoundCaption& caption : found) {
      CHECK(caption.words == words);
    }
  }
}

TEST_CASE("the same seed gives the same samples on any number of threads and in any batches, another seed others") {
  const TableDecoder decoder(7, {.vocabulary_size = 40, .max_caption_length = 8});
  const std::vector<std::int32_t> images{1, 2, 3, 4, 5};
  const SamplingOptions options{.samples = 4, .seed = 11};
  const auto expected = sample_captions(decoder, images, options);
  const int threads = num_threads();
  for (const int count : {1, 3}) {
    set_num_threads(count);
    CHECK(sample_captions(decoder, images, options) == expected);
  }
  set_num_threads(threads);
  for (std::size_t i = 0; i < images.size(); ++i) {
    SamplingOptions of_one = options;
    of_one.first_image = static_cast<Index>(i);
    of_one.samples = 2;
    const auto alone = sample_captions(decoder, std::vector{images[i]}, of_one).front();
    CHECK(alone[0] == expected[i][0]);
    CHECK(alone[1] == expected[i][1]);
  }
  CHECK(sample_captions(decoder, images, {.samples = 4, .seed = 12}) != expected);
}

TEST_CASE("no images get no samples, and options that make none are refused") {
  const TableDecoder decoder(1);
  CHECK(sample_captions(decoder, std::vector<std::int32_t>{}, {.samples = 3}).empty());
  const auto error = [&](const SamplingOptions& options) {
    return error_of<OptionError>([&] { sample_captions(decoder, std::vector<std::int32_t>{1}, options); });
  };
  CHECK(error({.samples = 0}) == "sample_captions: samples is 0");
  CHECK(error({.max_length = 0}) == "sample_captions: max_length is 0");
  CHECK(error({.draw = {.temperature = -1}}) == "sample_captions: temperature is -1, not above 0");
}

TEST_CASE("scores that are not numbers are an error, not a sample") {
  const LostDecoder decoder{TableDecoder(1)};
  CHECK(error_of<NumericError>([&] { sample_captions(decoder, std::vector<std::int32_t>{1}, {}); }) ==
        "sample_captions: the decoder's scores are not numbers");
}
