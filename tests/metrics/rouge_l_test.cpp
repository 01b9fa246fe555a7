#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/metrics/rouge_l.hpp>

#include "metrics/captions.hpp"

using pupil::captioning::rouge_l;
using pupil::captioning::Sentence;
using pupil::tests::Captions;

namespace {

/// Tries every way to leave words out.
std::size_t naive_common(const Sentence& left, const Sentence& right, std::size_t i = 0, std::size_t j = 0) {
  if (i == left.size() || j == right.size()) return 0;
  if (left[i] == right[j]) return 1 + naive_common(left, right, i + 1, j + 1);
  return std::max(naive_common(left, right, i + 1, j), naive_common(left, right, i, j + 1));
}

double naive_rouge_l(Sentence candidate, std::vector<Sentence> references) {
  const auto one_word_at_least = [](Sentence& sentence) {
    if (sentence.empty()) sentence.emplace_back();
  };
  one_word_at_least(candidate);
  std::ranges::for_each(references, one_word_at_least);
  double precision = 0;
  double recall = 0;
  for (const Sentence& reference : references) {
    const auto common = static_cast<double>(naive_common(candidate, reference));
    precision = std::max(precision, common / static_cast<double>(candidate.size()));
    recall = std::max(recall, common / static_cast<double>(reference.size()));
  }
  if (precision == 0) return 0;
  return (1 + 1.2 * 1.2) / (1 / precision + 1.2 * 1.2 / recall);
}

}  // namespace

TEST_CASE("the longest common subsequence may leave words out on both sides") {
  using Numbers = std::vector<std::int32_t>;
  CHECK(pupil::captioning::longest_common_subsequence(Numbers{1, 2, 3, 4, 5}, Numbers{9, 1, 3, 8, 5}) == 3);
  CHECK(pupil::captioning::longest_common_subsequence(Numbers{1, 2, 3}, Numbers{3, 2, 1}) == 1);
  CHECK(pupil::captioning::longest_common_subsequence(Numbers{1, 1, 1}, Numbers{1, 1}) == 2);
  CHECK(pupil::captioning::longest_common_subsequence(Numbers{1, 2}, Numbers{3}) == 0);
  CHECK(pupil::captioning::longest_common_subsequence(Numbers{}, Numbers{3}) == 0);
  CHECK(pupil::captioning::longest_common_subsequence(Numbers{3}, Numbers{}) == 0);
}

TEST_CASE("ROUGE-L of the known captions is as coco-caption has it") {
  const auto scores = rouge_l(pupil::tests::known_captions().corpus());
  CHECK(std::abs(scores.mean - 0.718191377497) < 1e-11);
  CHECK(std::abs(scores.of_image[0] - 0.666666666667) < 1e-11);
  CHECK(std::abs(scores.of_image[1] - 0.769716088328) < 1e-11);
}

TEST_CASE("ROUGE-L of five uneven images is as coco-caption has it") {
  const auto scores = rouge_l(pupil::tests::coco_captions().corpus());
  CHECK(std::abs(scores.mean - 0.551290880149) < 1e-11);
  CHECK(std::abs(scores.of_image[0] - 0.715542521994) < 1e-11);
  CHECK(std::abs(scores.of_image[1] - 0.386075949367) < 1e-11);
  CHECK(std::abs(scores.of_image[2] - 0.718774548311) < 1e-11);
  CHECK(scores.of_image[3] == 0);
  CHECK(std::abs(scores.of_image[4] - 0.936061381074) < 1e-11);
}

TEST_CASE("ROUGE-L agrees with its definition on random captions") {
  const std::uint64_t seed = 21;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  for (int round = 0; round < 100; ++round) {
    CAPTURE(round);
    const Captions captions = pupil::tests::random_captions(rng);
    const auto scores = rouge_l(captions.corpus());
    for (std::size_t i = 0; i < captions.candidates.size(); ++i) {
      CAPTURE(i);
      CHECK(std::abs(scores.of_image[i] - naive_rouge_l(captions.candidates[i], captions.references[i])) < 1e-12);
    }
  }
}

TEST_CASE("precision and recall may come from different references") {
  Captions captions;
  captions.add("a b c d", {"a b c d e f g h", "a b"});  // precision 1 from the first, recall 1 from the second
  CHECK(rouge_l(captions.corpus()).mean == doctest::Approx(1));
}

TEST_CASE("a candidate that is one of its references has a ROUGE-L of 1, one without a common word 0") {
  Captions captions;
  captions.add("a dog runs", {"some animal", "a dog runs"});
  captions.add("two cats", {"a dog runs"});
  const auto scores = rouge_l(captions.corpus());
  CHECK(scores.of_image[0] == doctest::Approx(1));
  CHECK(scores.of_image[1] == 0);
}

TEST_CASE("an empty candidate has a ROUGE-L of 0, unless a reference is empty too") {
  Captions captions;
  captions.add("", {"a dog runs"});
  captions.add("", {"a dog runs", ""});
  captions.add("a dog", {""});
  const auto scores = rouge_l(captions.corpus());
  CHECK(scores.of_image[0] == 0);
  CHECK(scores.of_image[1] == doctest::Approx(1));
  CHECK(scores.of_image[2] == 0);
}

TEST_CASE("ROUGE-L does not depend on the order of images and references") {
  const std::uint64_t seed = 22;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  const Captions captions = pupil::tests::coco_captions();
  for (int round = 0; round < 10; ++round) {
    CHECK(rouge_l(pupil::tests::shuffled(captions, rng).corpus()).mean ==
          doctest::Approx(rouge_l(captions.corpus()).mean).epsilon(1e-12));
  }
}
