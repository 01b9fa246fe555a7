#include "examples.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
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
    std::vector<std::string_view> groups;
    if (rank < of_each) groups.push_back("best");
    if (by_score.size() - rank <= of_each) groups.push_back("worst");
    if (random.contains(example.place)) groups.push_back("random");
    example.groups = pupil::joined(groups, " ");
    if (!example.groups.empty()) examples.push_back(example);
  }
  return examples;
}

}  // namespace captioner::report
