#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/models/beam_search.hpp>
#include <pupil/models/caption_constraints.hpp>
#include <pupil/models/sampling.hpp>

#include "../support/files.hpp"
#include "table_decoder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// The words, or the end, that may follow, by a row in which all are possible.
std::set<std::int32_t> allowed_after(const WordIds& words, const CaptionConstraints& constraints,
                                     std::size_t vocabulary = 8) {
  std::vector<double> row(vocabulary, -1.0);
  const pupil::captioning::detail::NextWords next(constraints, 20);
  next.forbid<double>(words, row);
  std::set<std::int32_t> allowed;
  for (std::size_t word = 0; word < row.size(); ++word) {
    if (!std::isinf(row[word])) allowed.insert(static_cast<std::int32_t>(word));
  }
  return allowed;
}

using Allowed = std::set<std::int32_t>;

/// Every caption that each way to decode gives under the constraints, of a few decoders and images.
template <class Check>
void for_each_way(const CaptionConstraints& constraints, Index max_length, const Check& check) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const TableDecoder decoder(seed);
    const std::vector<std::int32_t> images{1, 2, 3};
    const auto check_all = [&](const std::string& way, const std::vector<std::vector<FoundCaption>>& found) {
      CAPTURE(way);
      REQUIRE(found.size() == images.size());
      for (std::size_t i = 0; i < images.size(); ++i) {
        REQUIRE_FALSE(found[i].empty());
        for (const FoundCaption& caption : found[i]) {
          CHECK(caption.log_probability == doctest::Approx(decoder.log_probability(images[i], caption)));
          check(caption);
        }
      }
    };
    const auto search = [&](Index width, Index groups) {
      return beam_search_n_best(
          decoder, images,
          {.width = width, .max_length = max_length, .captions = width, .groups = groups, .constraints = constraints});
    };
    check_all("greedy", search(1, 1));
    check_all("beam", search(4, 1));
    check_all("diverse", search(4, 2));
    check_all("sample",
              sample_captions(decoder, images, {.samples = 10, .max_length = max_length, .constraints = constraints}));
    check_all("top-k", sample_captions(decoder, images,
                                       {.samples = 10,
                                        .max_length = max_length,
                                        .draw = {.temperature = 2, .top_k = 2, .top_p = 0.9},
                                        .constraints = constraints}));
  }
}

}  // namespace

TEST_CASE("without constraints all words may follow but pad, start and unknown") {
  CHECK(allowed_after({}, {}) == Allowed{2, 4, 5, 6, 7});
  CHECK(allowed_after({4, 4, 4}, {}) == Allowed{2, 4, 5, 6, 7});
}

TEST_CASE("words that are never said, and the end of a caption that is too short, may not follow") {
  CHECK(allowed_after({4}, {.never = {6, 5, 6}}) == Allowed{2, 4, 7});
  CHECK(allowed_after({4, 5}, {.min_length = 3}) == Allowed{4, 5, 6, 7});
  CHECK(allowed_after({4, 5, 6}, {.min_length = 3}) == Allowed{2, 4, 5, 6, 7});
}

TEST_CASE("a word that would end an n-gram which the caption has may not follow") {
  CHECK(allowed_after({4, 5}, {.block_ngrams = 1}) == Allowed{2, 6, 7});
  CHECK(allowed_after({4, 5, 4}, {.block_ngrams = 2}) == Allowed{2, 4, 6, 7});
  CHECK(allowed_after({4, 4}, {.block_ngrams = 2}) == Allowed{2, 5, 6, 7});
  CHECK(allowed_after({4, 5, 6, 7, 4, 5}, {.block_ngrams = 3}) == Allowed{2, 4, 5, 7});
  CHECK(allowed_after({4, 5, 6, 4, 5, 7, 4, 5}, {.block_ngrams = 3}) == Allowed{2, 4, 5});
  CHECK(allowed_after({4, 5}, {.block_ngrams = 3}) == Allowed{2, 4, 5, 6, 7});
}

TEST_CASE("a word that would say something twice may not follow") {
  const auto allowed = [](const WordIds& words) {
    return allowed_after(words, {.no_repetition = true, .conjunctions = {7}});
  };
  CHECK(allowed({}) == Allowed{2, 4, 5, 6, 7});
  CHECK(allowed({4}) == Allowed{2, 5, 6, 7});           // in a row
  CHECK(allowed({4, 5, 4}) == Allowed{2, 6, 7});        // a phrase in a row, and a word
  CHECK(allowed({4, 5, 6, 4, 5}) == Allowed{2, 4, 7});  // three words in a row
  CHECK(allowed({4, 5, 7, 4}) == Allowed{2, 6, 7});     // a phrase around a word
  CHECK(allowed({4, 5, 6, 4}) == Allowed{2, 6, 7});     // whatever that is
  CHECK(allowed({4, 7}) == Allowed{2, 5, 6});           // a word around a conjunction
  CHECK(allowed({4, 6}) == Allowed{2, 4, 5, 7});        // and around another word: hand in hand
  CHECK(allowed_after({4, 5, 6, 8, 9, 4, 5}, {.no_repetition = true}, 10) ==
        Allowed{2, 4, 7, 8, 9});  // three words anywhere, and the last in a row
}

TEST_CASE("the words of the beginning follow one another, whatever else is forbidden") {
  const CaptionConstraints constraints{.min_length = 1, .block_ngrams = 1, .begin = {4, 4, 5}};
  CHECK(allowed_after({}, constraints) == Allowed{4});
  CHECK(allowed_after({4}, constraints) == Allowed{4});
  CHECK(allowed_after({4, 4}, constraints) == Allowed{5});
  CHECK(allowed_after({4, 4, 5}, constraints) == Allowed{2, 6, 7});
}

TEST_CASE("where everything is forbidden, the end may follow, even of a caption that is too short") {
  CHECK(allowed_after({}, {.min_length = 2, .never = {4, 5, 6, 7}}) == Allowed{2});
  CHECK(allowed_after({4, 5, 6, 7}, {.min_length = 9, .block_ngrams = 1}) == Allowed{2});
  std::vector<float> row(5, -std::numeric_limits<float>::infinity());
  pupil::captioning::detail::NextWords({.never = {4}}, 3).forbid<float>({}, row);
  CHECK(row[2] == std::numeric_limits<float>::lowest());
}

TEST_CASE("no way to decode says what is never said, and each says the end where nothing else is left") {
  for_each_way({.never = {4, 6}}, 4, [](const FoundCaption& caption) {
    CHECK(std::ranges::all_of(caption.words, [](std::int32_t word) { return word == 5; }));
  });
  for_each_way({.min_length = 2, .never = {4, 5, 6}}, 4, [](const FoundCaption& caption) {
    CHECK(caption.words.empty());
    CHECK(caption.ended);
  });
}

TEST_CASE("every way to decode says at least as many words as it must") {
  for_each_way({.min_length = 3}, 4, [](const FoundCaption& caption) { CHECK(caption.words.size() >= 3); });
}

TEST_CASE("no way to decode says an n-gram twice") {
  for (const std::size_t n : {1U, 2U}) {
    const CaptionConstraints constraints{.block_ngrams = static_cast<Index>(n)};
    for_each_way(constraints, 7, [&](const FoundCaption& caption) {
      std::set<WordIds> seen;
      for (auto first = caption.words.begin(); caption.words.end() - first >= static_cast<std::ptrdiff_t>(n); ++first) {
        CHECK(seen.insert(WordIds(first, first + static_cast<std::ptrdiff_t>(n))).second);
      }
    });
  }
}

TEST_CASE("no way to decode says what has_repetition finds") {
  for_each_way({.no_repetition = true, .conjunctions = {5}}, 9, [](const FoundCaption& caption) {
    Sentence sentence;
    for (const std::int32_t word : caption.words) {
      sentence.push_back(word == 5 ? "and" : word == 6 ? "with" : message("word", word));
    }
    CAPTURE(sentence);
    CHECK_FALSE(has_repetition(sentence));
  });
}

TEST_CASE("every way to decode begins as it must, and counts those words as part of the caption") {
  const WordIds begin{6, 6, 4};
  for_each_way({.begin = begin}, 5, [&](const FoundCaption& caption) {
    REQUIRE(caption.words.size() >= 3);
    CHECK(WordIds(caption.words.begin(), caption.words.begin() + 3) == begin);
    CHECK(caption.words.size() <= 5);
  });
}

TEST_CASE("constraints that no caption fulfils, or that name no words, are refused") {
  const auto error = [](const CaptionConstraints& constraints) {
    return error_of<OptionError>([&] { pupil::captioning::detail::NextWords(constraints, 4); });
  };
  CHECK(error({.min_length = 5}) == "captions: min_length is 5, not from 0 to max_length, 4");
  CHECK(error({.min_length = -1}) == "captions: min_length is -1, not from 0 to max_length, 4");
  CHECK(error({.block_ngrams = -2}) == "captions: block_ngrams is -2");
  CHECK(error({.begin = {4, 4, 4, 4}}) == "captions: begin has 4 words, max_length is 4: there is no room for another");
  CHECK(error({.begin = {3}}) == "captions: begin has the word 3, which is never said");
  CHECK(error({.never = {5}, .begin = {4, 5}}) == "captions: begin has the word 5, which never forbids");
  CHECK(error({.never = {2}}) == "captions: never has 2, which is no word of captions");
  const TableDecoder decoder(1);
  CHECK(error_of<IndexError>([&] {
          beam_search(decoder, std::vector<std::int32_t>{1}, {.constraints = {.never = {7}}});
        }) == "captions: the constraints have the word 7, the decoder knows 7");
}
