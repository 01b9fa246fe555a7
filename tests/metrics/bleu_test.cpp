#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/metrics/bleu.hpp>

#include "metrics/captions.hpp"

using pupil::captioning::bleu;
using pupil::captioning::Sentence;
using pupil::tests::Captions;

namespace {

/// The definition, one n at a time.
double naive_bleu(const Captions& captions, int up_to) {
  const std::size_t images = captions.candidates.size();
  double product = 1;
  for (int n = 1; n <= up_to; ++n) {
    double correct = 0;
    double guess = 0;
    for (std::size_t i = 0; i < images; ++i) {
      for (const auto& [ngram, count] : pupil::tests::ngrams_of(captions.candidates[i], static_cast<std::size_t>(n))) {
        double allowed = 0;
        for (const Sentence& reference : captions.references[i]) {
          allowed = std::max(allowed, pupil::tests::ngrams_of(reference, static_cast<std::size_t>(n))[ngram]);
        }
        correct += std::min(count, allowed);
        guess += count;
      }
    }
    product *= (correct + 1e-15) / (guess + 1e-9);
  }
  double candidate_words = 0;
  double reference_words = 0;
  for (std::size_t i = 0; i < images; ++i) {
    const auto length = static_cast<int>(captions.candidates[i].size());
    int closest = 1'000'000;
    for (const Sentence& reference : captions.references[i]) {
      const auto other = static_cast<int>(reference.size());
      const int nearer = std::abs(other - length) - std::abs(closest - length);
      if (nearer < 0 || (nearer == 0 && other < closest)) closest = other;
    }
    candidate_words += length;
    reference_words += closest;
  }
  const double ratio = (candidate_words + 1e-15) / (reference_words + 1e-9);
  return std::pow(product, 1.0 / up_to) * std::min(1.0, std::exp(1 - 1 / ratio));
}

}  // namespace

TEST_CASE("BLEU of the known captions is as coco-caption has it") {
  const auto scores = bleu(pupil::tests::known_captions().corpus());
  CHECK(std::abs(scores[0] - 0.999999999909) < 1e-11);
  CHECK(std::abs(scores[1] - 0.816496580845) < 1e-11);
  CHECK(std::abs(scores[2] - 0.575369582599) < 1e-11);
  CHECK(std::abs(scores[3] - 0.000078562930) < 1e-11);
}

TEST_CASE("BLEU of five uneven images is as coco-caption has it") {
  const auto scores = bleu(pupil::tests::coco_captions().corpus());
  CHECK(std::abs(scores[0] - 0.814227373629) < 1e-11);
  CHECK(std::abs(scores[1] - 0.754865684841) < 1e-11);
  CHECK(std::abs(scores[2] - 0.624622663973) < 1e-11);
  CHECK(std::abs(scores[3] - 0.473462623180) < 1e-11);
}

TEST_CASE("BLEU agrees with its definition on random captions") {
  const std::uint64_t seed = 11;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    const Captions captions = pupil::tests::random_captions(rng);
    const auto scores = bleu(captions.corpus());
    for (int n = 1; n <= 4; ++n) {
      CAPTURE(n);
      CHECK(std::abs(scores[static_cast<std::size_t>(n - 1)] - naive_bleu(captions, n)) < 1e-12);
    }
  }
}

TEST_CASE("a candidate that is one of its references has a BLEU of 1") {
  Captions captions;
  captions.add("a dog runs on the grass", {"some animal", "a dog runs on the grass"});
  for (const double score : bleu(captions.corpus())) CHECK(score == doctest::Approx(1).epsilon(1e-8));
}

TEST_CASE("empty candidates have a BLEU of 0") {
  Captions captions;
  captions.add("", {"a dog runs on the grass"});
  CHECK(bleu(captions.corpus()) == std::array{0.0, 0.0, 0.0, 0.0});
}

TEST_CASE("a repeated word is correct only as often as a single reference has it") {
  Captions captions;
  captions.add("the the the the the the the", {"the cat is on the mat", "there is the cat on a mat so"});
  CHECK(bleu(captions.corpus())[0] == doctest::Approx(2.0 / 7).epsilon(1e-8));
}

TEST_CASE("of two reference lengths equally close the shorter counts") {
  Captions captions;
  captions.add("a b c", {"a b c d", "x y"});  // 3 words against 2: nothing is taken off
  CHECK(bleu(captions.corpus())[0] == doctest::Approx(1).epsilon(1e-8));
  captions.references[0].pop_back();  // 3 words against 4
  CHECK(bleu(captions.corpus())[0] == doctest::Approx(std::exp(1 - 4.0 / 3)).epsilon(1e-8));
}

TEST_CASE("BLEU is a corpus's: lengths and n-grams are summed before they are divided") {
  Captions captions;
  captions.add("a b c d e f", {"a b c d e f"});
  captions.add("x", {"y"});
  CHECK(bleu(captions.corpus())[0] == doctest::Approx(6.0 / 7).epsilon(1e-8));
}

TEST_CASE("BLEU does not depend on the order of images and references") {
  const std::uint64_t seed = 12;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  const Captions captions = pupil::tests::coco_captions();
  for (int round = 0; round < 10; ++round) {
    CHECK(bleu(pupil::tests::shuffled(captions, rng).corpus()) == bleu(captions.corpus()));
  }
}
