// The rewards of the samples of a step of training on the metric, and how long it takes to prepare the references.

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <pupil/metrics/cider_d_reward.hpp>
#include <pupil/text/vocabulary.hpp>

#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "support.hpp"

namespace bench {

namespace {

using Words = pupil::captioning::CiderDReward::Words;

constexpr Index train_images = 6000;
constexpr Index references_an_image = 5;
constexpr Index samples_an_image = 5;

/// A caption that ends. Few of the words are frequent, and most of them rare, as in a language.
Words random_caption(Rng& rng) {
  Words words(static_cast<std::size_t>(sizes::words));
  const auto first = static_cast<double>(pupil::captioning::Vocabulary::special_words.size());
  for (std::int32_t& word : words) {
    word = static_cast<std::int32_t>(std::pow(static_cast<double>(sizes::vocabulary) - first, rng.uniform<double>()) +
                                     first - 1);
  }
  words.back() = pupil::captioning::Vocabulary::end;
  return words;
}

std::vector<std::vector<Words>> random_references(Rng& rng) {
  std::vector<std::vector<Words>> references(static_cast<std::size_t>(train_images));
  for (auto& of_image : references) {
    for (Index r = 0; r < references_an_image; ++r) of_image.push_back(random_caption(rng));
    for (Words& words : of_image) words.pop_back();  // they are given without an end
  }
  return references;
}

}  // namespace

void add_cider_d_reward(Index batch) {
  const Index samples = batch * samples_an_image;
  add("cider_d_reward/" + std::to_string(samples), [=](auto& state) {
    Rng rng(1);
    const pupil::captioning::CiderDReward reward(random_references(rng));
    std::vector<Words> words;
    for (Index s = 0; s < samples; ++s) words.push_back(random_caption(rng));
    std::vector<pupil::captioning::SampledCaption> captions;
    for (const Words& of_caption : words) captions.push_back({rng.below(train_images), of_caption});
    const auto no_input = [] { return 0; };
    time_passes(state, {.captions = static_cast<double>(samples)}, no_input,
                [&](int) { benchmark::DoNotOptimize(reward(captions)); });
  });
  add("cider_d_reward/prepare/" + std::to_string(train_images), [=](auto& state) {
    Rng rng(1);
    const auto references = random_references(rng);
    const auto no_input = [] { return 0; };
    time_passes(state, {.captions = static_cast<double>(train_images * references_an_image)}, no_input,
                [&](int) { benchmark::DoNotOptimize(pupil::captioning::CiderDReward(references)); });
  });
}

}  // namespace bench
