#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/beam_search.hpp>

#include "../support/files.hpp"
#include "table_decoder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// All captions of an image, the best first.
std::vector<FoundCaption> ranked_captions(const TableDecoder& decoder, std::int32_t image, double length_penalty) {
  auto captions = all_captions(decoder, image, decoder.options().max_caption_length);
  std::ranges::stable_sort(captions, std::ranges::greater(),
                           [&](const FoundCaption& caption) { return caption_score(caption, length_penalty); });
  return captions;
}

}  // namespace

TEST_CASE("a beam that is wide enough finds the n best of all captions, with the probability of each") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const TableDecoder decoder(seed);
    for (const double penalty : {0.0, 0.7, 1.5}) {
      CAPTURE(penalty);
      const std::vector<std::int32_t> images{1, 2};
      const auto found = beam_search_n_best(decoder, images, {.width = 200, .length_penalty = penalty, .captions = 7});
      REQUIRE(found.size() == 2);
      for (std::size_t i = 0; i < 2; ++i) {
        const auto expected = ranked_captions(decoder, images[i], penalty);
        REQUIRE(found[i].size() == 7);
        for (std::size_t n = 0; n < 7; ++n) {
          CHECK(found[i][n].words == expected[n].words);
          CHECK(found[i][n].ended == expected[n].ended);
          CHECK(found[i][n].log_probability == doctest::Approx(expected[n].log_probability));
        }
      }
    }
  }
}

TEST_CASE("a beam that finds all captions gives each of them once, and their probabilities make 1") {
  const TableDecoder decoder(3, {.max_caption_length = 3});
  const auto found =
      beam_search_n_best(decoder, std::vector<std::int32_t>{5}, {.width = 1000, .captions = 1000}).front();
  CHECK(found.size() == 1 + 3 + 9 + 27);
  std::set<WordIds> distinct;
  double sum = 0;
  for (const FoundCaption& caption : found) {
    distinct.insert(caption.words);
    sum += std::exp(caption.log_probability);
  }
  CHECK(distinct.size() == found.size());
  const double never = 1 - sum;  // pad, start and unknown have their share
  CHECK(never > 0);
  CHECK(never < 1);
}

TEST_CASE("a narrow beam says of every caption that it finds how probable it is, and gives the best first") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const TableDecoder decoder(seed, {.vocabulary_size = 12, .max_caption_length = 6});
    const auto found =
        beam_search_n_best(decoder, std::vector<std::int32_t>{1}, {.width = 4, .length_penalty = 0.5, .captions = 4})
            .front();
    REQUIRE(found.size() == 4);
    for (std::size_t n = 0; n < 4; ++n) {
      CHECK(found[n].log_probability == doctest::Approx(decoder.log_probability(1, found[n])));
      if (n > 0) CHECK(caption_score(found[n], 0.5) <= caption_score(found[n - 1], 0.5));
    }
    const auto best = beam_search(decoder, std::vector<std::int32_t>{1}, {.width = 4, .length_penalty = 0.5});
    CHECK(best.front() == found.front());
  }
}

TEST_CASE("all that a beam came to, compared anew, gives the best at any length penalty") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const TableDecoder decoder(seed, {.vocabulary_size = 9, .max_caption_length = 7});
    const std::vector<std::int32_t> image{1};
    for (const Index width : {1, 3}) {
      const auto all = beam_search_n_best(decoder, image, {.width = width, .captions = 100}).front();
      for (const double penalty : {0.0, 0.4, 1.0, 2.0}) {
        CAPTURE(penalty);
        const auto best = std::ranges::max_element(
            all, {}, [&](const FoundCaption& caption) { return caption_score(caption, penalty); });
        CHECK(*best == beam_search(decoder, image, {.width = width, .length_penalty = penalty}).front());
      }
    }
  }
}

TEST_CASE("the first group of a diverse beam is searched as if it were alone") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const TableDecoder decoder(seed, {.vocabulary_size = 12, .max_caption_length = 5});
    const std::vector<std::int32_t> image{1};
    const auto alone = beam_search(decoder, image, {.width = 2}).front();
    const auto diverse =
        beam_search_n_best(decoder, image, {.width = 6, .captions = 6, .groups = 3, .diversity = 4}).front();
    CHECK(std::ranges::count(diverse, alone) == 1);
  }
}

TEST_CASE("groups that must differ begin with different words, and say different captions with true probabilities") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const TableDecoder decoder(seed, {.vocabulary_size = 12, .max_caption_length = 5});
    const auto found = beam_search_n_best(decoder, std::vector<std::int32_t>{1},
                                          {.width = 3, .captions = 3, .groups = 3, .diversity = 1000})
                           .front();
    REQUIRE(found.size() == 3);
    std::set<std::int32_t> first_words;
    for (const FoundCaption& caption : found) {
      first_words.insert(caption.words.empty() ? Vocabulary::end : caption.words.front());
      CHECK(caption.log_probability == doctest::Approx(decoder.log_probability(1, caption)));
    }
    CHECK(first_words.size() == 3);
  }
}

TEST_CASE("groups without a wish to differ find the same, which is given once") {
  const TableDecoder decoder(4, {.vocabulary_size = 12, .max_caption_length = 5});
  const std::vector<std::int32_t> image{1};
  const auto found = beam_search_n_best(decoder, image, {.width = 3, .captions = 3, .groups = 3, .diversity = 0});
  REQUIRE(found.front().size() == 1);
  CHECK(found.front().front() == beam_search(decoder, image).front());
}

TEST_CASE("a group avoids, word for word, what groups before it chose at the same step") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const TableDecoder decoder(seed, {.vocabulary_size = 12, .max_caption_length = 1});
    const double diversity = 0.8;
    // By hand: one step, three groups of one each.
    const auto probabilities = decoder.probabilities(1, {});
    std::vector<int> chosen(12, 0);
    std::set<std::int32_t> expected;
    for (int group = 0; group < 3; ++group) {
      std::int32_t best = Vocabulary::end;
      const auto score = [&](std::int32_t word) {
        return std::log(probabilities[static_cast<std::size_t>(word)]) -
               diversity * chosen[static_cast<std::size_t>(word)];
      };
      for (std::int32_t word = Vocabulary::unknown + 1; word < 12; ++word) {
        if (score(word) > score(best)) best = word;
      }
      ++chosen[static_cast<std::size_t>(best)];
      expected.insert(best);
    }
    std::set<std::int32_t> words;
    const auto found = beam_search_n_best(decoder, std::vector<std::int32_t>{1},
                                          {.width = 3, .captions = 3, .groups = 3, .diversity = diversity})
                           .front();
    for (const FoundCaption& caption : found) {
      words.insert(caption.ended ? Vocabulary::end : caption.words.front());
    }
    CHECK(words == expected);
  }
}

TEST_CASE("several images at once get the n best, diverse or not, that each gets alone") {
  const TableDecoder decoder(6, {.vocabulary_size = 12, .max_caption_length = 6});
  const std::vector<std::int32_t> images{1, 2, 3, 4, 5};
  for (const Index groups : {1, 2}) {
    const BeamSearchOptions options{.width = 5, .length_penalty = 0.3, .captions = 4, .groups = groups};
    const auto together = beam_search_n_best(decoder, images, options);
    for (std::size_t i = 0; i < images.size(); ++i) {
      CHECK(together[i] == beam_search_n_best(decoder, std::vector{images[i]}, options).front());
    }
  }
}

TEST_CASE("options that make no beam are refused") {
  const TableDecoder decoder(1);
  const auto error = [&](const BeamSearchOptions& options) {
    return error_of<OptionError>([&] { beam_search_n_best(decoder, std::vector<std::int32_t>{1}, options); });
  };
  CHECK(error({.captions = 0}) == "beam_search: captions is 0");
  CHECK(error({.width = 2, .groups = 3}) == "beam_search: groups is 3, not from 1 to width, 2");
  CHECK(error({.width = 2, .groups = 0}) == "beam_search: groups is 0, not from 1 to width, 2");
  CHECK(error({.diversity = -1}) == "beam_search: diversity is -1");
  CHECK(error({.length_penalty = -0.5}) == "beam_search: length_penalty is -0.5");
}
