#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/text/tokenizer.hpp>

#include "metrics/captions.hpp"

using pupil::captioning::CaptionScores;
using pupil::captioning::score_captions;
using pupil::tests::Captions;

namespace {

double mean(const std::vector<double>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

}  // namespace

TEST_CASE("the known captions have the known scores") {
  const Captions captions = pupil::tests::known_captions();
  const CaptionScores scores = score_captions(captions.candidates, captions.references);
  CHECK(std::abs(scores.bleu[0] - 1) < 1e-6);
  CHECK(std::abs(scores.bleu[1] - 0.816497) < 1e-6);
  CHECK(std::abs(scores.bleu[2] - 0.575370) < 1e-6);
  CHECK(std::abs(scores.bleu[3] - 0.000079) < 1e-6);
  CHECK(std::abs(scores.rouge_l - 0.718191) < 1e-6);
  CHECK(std::abs(scores.cider_d - 2.740617) < 1e-6);
  REQUIRE(scores.cider_d_of_image.size() == 2);
  CHECK(std::abs(scores.cider_d_of_image[0] - 2.646829) < 1e-6);
  CHECK(std::abs(scores.cider_d_of_image[1] - 2.834406) < 1e-6);
  REQUIRE(scores.rouge_l_of_image.size() == 2);
  CHECK(std::abs(scores.rouge_l_of_image[1] - 0.769716) < 1e-6);
}

TEST_CASE("scoring nothing, or unequal numbers, is refused") {
  const Captions captions = pupil::tests::known_captions();
  CHECK_THROWS_AS(score_captions({}, {}), pupil::Error);
  CHECK_THROWS_AS(score_captions(captions.candidates, {captions.references[0]}), pupil::Error);
  CHECK_THROWS_AS(score_captions(captions.candidates, {captions.references[0], {}}), pupil::Error);
}

TEST_CASE("a thousand images with five references each are scored, every one") {
  const std::uint64_t seed = 41;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  const auto sentence = [&] {  // the power makes some words frequent and most of them rare
    pupil::captioning::Sentence words(11);
    for (auto& word : words) word = std::to_string(static_cast<int>(3000 * std::pow(rng.uniform<double>(), 3)));
    return words;
  };
  Captions captions;
  for (int image = 0; image < 1000; ++image) {
    captions.candidates.push_back(sentence());
    captions.references.emplace_back();
    for (int reference = 0; reference < 5; ++reference) captions.references.back().push_back(sentence());
  }
  const CaptionScores scores = score_captions(captions.candidates, captions.references);
  REQUIRE(scores.cider_d_of_image.size() == 1000);
  REQUIRE(scores.rouge_l_of_image.size() == 1000);
  CHECK(*std::min_element(scores.cider_d_of_image.begin(), scores.cider_d_of_image.end()) >= 0);
  CHECK(*std::max_element(scores.rouge_l_of_image.begin(), scores.rouge_l_of_image.end()) <= 1);
  CHECK(scores.cider_d == doctest::Approx(mean(scores.cider_d_of_image)));
  CHECK(scores.rouge_l == doctest::Approx(mean(scores.rouge_l_of_image)));
}
