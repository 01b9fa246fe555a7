#include <algorithm>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/models/best_words.hpp>

using namespace pupil;
using pupil::captioning::detail::BestWords;
using pupil::captioning::detail::RankedWord;

namespace {

bool is_same(const RankedWord& a, const RankedWord& b) {
  return a.row == b.row && a.word == b.word && a.score == b.score;
}

}  // namespace

TEST_CASE("the best words of several rows are those that sorting them all gives, ties included") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Rng rng(seed);
    const Index words = 1 + rng.below(70);
    const Index rows = 1 + rng.below(4);
    const Index most = 1 + rng.below(90);
    BestWords best(most);
    std::vector<RankedWord> all;
    for (Index row = 0; row < rows; ++row) {
      const auto base = static_cast<double>(rng.below(3));
      std::vector<float> scores;
      for (Index word = 0; word < words; ++word) {
        const Index drawn = rng.below(9);  // few values, so that many are equal
        scores.push_back(drawn == 0 ? -std::numeric_limits<float>::infinity() : static_cast<float>(drawn));
        if (drawn > 0) all.push_back({row, static_cast<std::int32_t>(word), base + static_cast<double>(drawn)});
      }
      best.offer(row, base, scores.data(), words);
    }
    std::ranges::sort(all, pupil::captioning::detail::is_better);
    all.resize(std::min(all.size(), static_cast<std::size_t>(most)));
    const auto found = best.take();
    REQUIRE(found.size() == all.size());
    CHECK(std::equal(found.begin(), found.end(), all.begin(), is_same));
  }
}

TEST_CASE("a row without a possible word gives none") {
  const std::vector<double> scores(20, -std::numeric_limits<double>::infinity());
  BestWords best(3);
  best.offer(0, 0.0, scores.data(), 20);
  CHECK(best.take().empty());
}
