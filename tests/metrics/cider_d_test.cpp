#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/metrics/cider_d.hpp>

#include "metrics/captions.hpp"

using pupil::captioning::cider_d;
using pupil::captioning::Sentence;
using pupil::tests::Captions;
using pupil::tests::ngrams_of;

namespace {

double naive_idf(const Captions& captions, const Sentence& ngram) {
  double images_with_it = 0;
  for (const auto& references : captions.references) {
    const auto has_it = [&](const Sentence& reference) { return ngrams_of(reference, ngram.size()).contains(ngram); };
    if (std::ranges::any_of(references, has_it)) ++images_with_it;
  }
  return std::log(static_cast<double>(captions.references.size())) - std::log(std::max(1.0, images_with_it));
}

std::map<Sentence, double> naive_weights(const Captions& captions, const Sentence& sentence, std::size_t n) {
  auto weights = ngrams_of(sentence, n);
  for (auto& [ngram, weight] : weights) weight *= naive_idf(captions, ngram);
  return weights;
}

double naive_norm(const std::map<Sentence, double>& weights) {
  double squares = 0;
  for (const auto& [ngram, weight] : weights) squares += weight * weight;
  return std::sqrt(squares);
}

/// The definition, image by image.
double naive_cider_d(const Captions& captions, std::size_t image) {
  double sum = 0;
  const Sentence& candidate = captions.candidates[image];
  for (const Sentence& reference : captions.references[image]) {
    const double difference = static_cast<double>(candidate.size()) - static_cast<double>(reference.size());
    for (std::size_t n = 1; n <= 4; ++n) {
      const auto candidate_weights = naive_weights(captions, candidate, n);
      auto reference_weights = naive_weights(captions, reference, n);
      const double norms = naive_norm(candidate_weights) * naive_norm(reference_weights);
      double product = 0;
      for (const auto& [ngram, weight] : candidate_weights) {
        product += std::min(weight, reference_weights[ngram]) * reference_weights[ngram];
      }
      if (norms > 0) sum += product / norms * std::exp(-difference * difference / 72);
    }
  }
  return 10 * sum / 4 / static_cast<double>(captions.references[image].size());
}

}  // namespace

TEST_CASE("CIDEr-D of the known captions is as coco-caption has it") {
  const auto scores = cider_d(pupil::tests::known_captions().corpus());
  CHECK(std::abs(scores.mean - 2.740617144352) < 1e-11);
  CHECK(std::abs(scores.of_image[0] - 2.646828715997) < 1e-11);
  CHECK(std::abs(scores.of_image[1] - 2.834405572707) < 1e-11);
}

TEST_CASE("CIDEr-D of five uneven images is as coco-caption has it") {
  const auto scores = cider_d(pupil::tests::coco_captions().corpus());
  CHECK(std::abs(scores.mean - 1.908784274864) < 1e-11);
  CHECK(std::abs(scores.of_image[0] - 2.351921475358) < 1e-11);
  CHECK(std::abs(scores.of_image[1] - 1.384300129860) < 1e-11);
  CHECK(std::abs(scores.of_image[2] - 2.308378574056) < 1e-11);
  CHECK(scores.of_image[3] == 0);
  CHECK(std::abs(scores.of_image[4] - 3.499321195048) < 1e-11);
}

TEST_CASE("CIDEr-D agrees with its definition on random captions") {
  const std::uint64_t seed = 31;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const Captions captions = pupil::tests::random_captions(rng);
    const auto scores = cider_d(captions.corpus());
    for (std::size_t i = 0; i < captions.candidates.size(); ++i) {
      CAPTURE(i);
      CHECK(std::abs(scores.of_image[i] - naive_cider_d(captions, i)) < 1e-11);
    }
  }
}

TEST_CASE("a candidate that is the only reference has a CIDEr-D of 10") {
  Captions captions;
  captions.add("a dog runs on grass", {"a dog runs on grass"});
  captions.add("two men play soccer", {"two men play soccer"});
  const auto scores = cider_d(captions.corpus());
  CHECK(scores.of_image[0] == doctest::Approx(10));
  CHECK(scores.of_image[1] == doctest::Approx(10));
}

TEST_CASE("a single image has a CIDEr-D of 0, as all of its n-grams are said of every image") {
  Captions captions;
  captions.add("a dog runs on grass", {"a dog runs on grass"});
  CHECK(cider_d(captions.corpus()).mean == 0);
  captions.candidates[0] = {"nothing", "of", "that", "sort"};  // log 1 - log max(1, 0) = 0 too
  CHECK(cider_d(captions.corpus()).mean == 0);
}

TEST_CASE("an empty candidate has a CIDEr-D of 0, and so has one without a common word") {
  Captions captions;
  captions.add("", {"a dog runs on grass"});
  captions.add("some words", {"two men play soccer"});
  CHECK(cider_d(captions.corpus()).of_image == std::vector{0.0, 0.0});
}

TEST_CASE("a word that is said of every image weighs nothing") {
  Captions captions;
  captions.add("the", {"the dog"});
  captions.add("the man", {"the man"});
  CHECK(cider_d(captions.corpus()).of_image[0] == 0);
}

TEST_CASE("repeating a word that the reference has once does not raise CIDEr-D") {
  Captions once;
  once.add("dog", {"dog runs"});
  once.add("two men", {"two men"});
  Captions twice = once;
  twice.candidates[0] = {"dog", "dog"};
  CHECK(cider_d(twice.corpus()).of_image[0] < cider_d(once.corpus()).of_image[0]);
}

TEST_CASE("CIDEr-D does not depend on the order of images and references") {
  const std::uint64_t seed = 32;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  const Captions captions = pupil::tests::coco_captions();
  for (int round = 0; round < 10; ++round) {
    CHECK(cider_d(pupil::tests::shuffled(captions, rng).corpus()).mean ==
          doctest::Approx(cider_d(captions.corpus()).mean).epsilon(1e-12));
  }
}
