#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/models/word_draw.hpp>

#include "../support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// The exact probability of each word, by sorting.
std::vector<double> exact(const std::vector<double>& log_probabilities, const WordDraw& draw) {
  std::vector<std::pair<double, std::size_t>> sorted;
  double sum = 0;
  for (std::size_t word = 0; word < log_probabilities.size(); ++word) {
    sorted.emplace_back(-std::exp(log_probabilities[word] / draw.temperature), word);
  }
  std::ranges::sort(sorted);
  if (draw.top_k > 0) sorted.resize(std::min(sorted.size(), static_cast<std::size_t>(draw.top_k)));
  for (const auto& [weight, word] : sorted) sum -= weight;
  std::vector<double> result(log_probabilities.size(), 0.0);
  double so_far = 0;
  double kept = 0;
  for (const auto& [weight, word] : sorted) {
    if (so_far >= draw.top_p * sum) break;
    so_far -= weight;
    result[word] = -weight;
    kept -= weight;
  }
  for (double& each : result) each /= kept;
  return result;
}

std::vector<double> random_row(std::size_t words, Rng& rng) {
  std::vector<double> row;
  for (std::size_t word = 0; word < words; ++word) {
    row.push_back(rng.below(10) == 0 ? -std::numeric_limits<double>::infinity() : 2 * rng.normal<double>());
  }
  row.front() = 0;
  return row;
}

}  // namespace

TEST_CASE("an even sweep of uniform numbers draws each word as often as it is probable, at every way to cut") {
  constexpr int sweep = 2000;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    Rng rng(seed);
    for (const std::size_t words : {5U, 40U, 150U}) {
      const std::vector<double> row = random_row(words, rng);
      for (const WordDraw& draw :
           {WordDraw{}, WordDraw{.temperature = 0.5}, WordDraw{.temperature = 3}, WordDraw{.top_k = 3},
            WordDraw{.top_p = 0.7}, WordDraw{.temperature = 4, .top_p = 0.99},
            WordDraw{.temperature = 1.5, .top_k = 10, .top_p = 0.8}, WordDraw{.top_k = 1000}}) {
        CAPTURE(seed);
        CAPTURE(words);
        CAPTURE(draw.temperature);
        CAPTURE(draw.top_k);
        CAPTURE(draw.top_p);
        std::vector<int> counts(words, 0);
        for (int i = 0; i < sweep; ++i) {
          std::vector<double> used = row;
          ++counts[static_cast<std::size_t>(
              pupil::captioning::detail::draw_word<double>(used, draw, (i + 0.5) / sweep))];
        }
        const std::vector<double> expected = exact(row, draw);
        for (std::size_t word = 0; word < words; ++word) {
          CHECK(std::abs(counts[word] - expected[word] * sweep) <= 1.5);
        }
      }
    }
  }
}

TEST_CASE("what cannot be said is not drawn, at the ends of the range of uniform numbers neither") {
  constexpr float none = -std::numeric_limits<float>::infinity();
  for (const double uniform : {0.0, 1 - 0x1p-53}) {
    for (const WordDraw& draw : {WordDraw{}, WordDraw{.top_k = 4}, WordDraw{.top_p = 0.5}}) {
      std::vector<float> row(33, none);
      row[7] = -1;
      row[20] = -2;
      const auto word = pupil::captioning::detail::draw_word<float>(row, draw, uniform);
      CHECK((word == 7 || word == 20));
    }
  }
}

TEST_CASE("a temperature near 0 draws the most probable word, a very high one any") {
  std::vector<float> row{-3, -1, -2};
  CHECK(pupil::captioning::detail::draw_word<float>(row, {.temperature = 1e-300}, 0.99) == 1);
  row = {-3, -1, -2};
  CHECK(pupil::captioning::detail::draw_word<float>(row, {.temperature = 1e300}, 0.99) == 2);
  row = {-3, -1, -std::numeric_limits<float>::infinity()};
  CHECK(pupil::captioning::detail::draw_word<float>(row, {.temperature = 1e300}, 0.99) == 1);
}

TEST_CASE("ways to draw that make no sense are refused") {
  const auto error = [](const WordDraw& draw) {
    return error_of<OptionError>([&] { captioning::detail::check(draw, "draw"); });
  };
  CHECK(error({.temperature = 0}) == "draw: temperature is 0, not above 0");
  CHECK(error({.temperature = std::numeric_limits<double>::infinity()}) == "draw: temperature is inf, not above 0");
  CHECK(error({.top_k = -1}) == "draw: top_k is -1");
  CHECK(error({.top_p = 0}) == "draw: top_p is 0, not in (0, 1]");
  CHECK(error({.top_p = 1.5}) == "draw: top_p is 1.5, not in (0, 1]");
}
