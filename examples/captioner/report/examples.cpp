#include "examples.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include <pupil/core/random.hpp>

namespace captioner::report {

std::vector<Example> choose_examples(const std::vector<double>& scores, std::size_t of_each, std::uint64_t seed) {
  std::vector<std::size_t> by_score(scores.size());
  std::iota(by_score.begin(), by_score.end(), std::size_t{0});
  std::vector<std::size_t> by_chance = by_score;
  std::ranges::stable_sort(by_score, std::ranges::greater(), [&](std::size_t place) { return scores[place]; });
  pupil::Rng rng(seed);
  rng.shuffle(by_chance);
  by_chance.resize(std::min(of_each, by_chance.size()));
  const std::set<std::size_t> random(by_chance.begin(), by_chance.end());

  std::vector<Example> examples;
  for (std::size_t rank = 0; rank < by_score.size(); ++rank) {
    Example example{by_score[rank], ""};
    const auto is_in = [&](const char* group) {
      example.groups += (example.groups.empty() ? "" : " ") + std::string(group);
    };
    if (rank < of_each) is_in("best");
    if (by_score.size() - rank <= of_each) is_in("worst");
    if (random.contains(example.place)) is_in("random");
    if (!example.groups.empty()) examples.push_back(example);
  }
  return examples;
}

}  // namespace captioner::report
