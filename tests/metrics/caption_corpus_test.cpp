#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/metrics/caption_corpus.hpp>
#include <pupil/text/tokenizer.hpp>

#include "metrics/captions.hpp"

using pupil::captioning::CaptionCorpus;
using pupil::captioning::Sentence;

TEST_CASE("equal words have equal numbers all over the corpus") {
  pupil::tests::Captions captions;
  captions.add("a dog", {"dog a"});
  captions.add("a cat", {"the dog", "a dog"});
  const CaptionCorpus corpus = captions.corpus();
  const auto& images = corpus.images();
  REQUIRE(images.size() == 2);
  REQUIRE(images[1].references.size() == 2);
  const auto a = images[0].candidate.words[0];
  const auto dog = images[0].candidate.words[1];
  CHECK(a != dog);
  CHECK(images[0].references[0].words == std::vector{dog, a});
  CHECK(images[1].candidate.words[0] == a);
  CHECK(images[1].candidate.words[1] != dog);
  CHECK(images[1].references[0].words[1] == dog);
  CHECK(images[1].references[1].words == images[0].candidate.words);
}

TEST_CASE("an evaluation of nothing is refused") {
  CHECK_THROWS_WITH_AS(CaptionCorpus({}, {}), "caption_corpus: no image to evaluate", pupil::Error);
}

TEST_CASE("candidates and references for different numbers of images are refused") {
  const Sentence sentence{"a", "dog"};
  CHECK_THROWS_WITH_AS(CaptionCorpus({sentence, sentence}, {{sentence}}),
                       "caption_corpus: 2 candidates, but references for 1 images", pupil::Error);
  CHECK_THROWS_WITH_AS(CaptionCorpus({}, {{sentence}}), "caption_corpus: 0 candidates, but references for 1 images",
                       pupil::Error);
}

TEST_CASE("an image without references is refused and named") {
  const Sentence sentence{"a", "dog"};
  CHECK_THROWS_WITH_AS(CaptionCorpus({sentence, sentence}, {{sentence}, {}}),
                       "caption_corpus: image 1 of 2 has no reference", pupil::Error);
}

TEST_CASE("the corpus's score is the mean over its images") {
  const CaptionCorpus corpus = pupil::tests::known_captions().corpus();
  double next = 1;
  const pupil::captioning::ImageScores scores =
      pupil::captioning::score_each_image(corpus, [&](const pupil::captioning::CaptionedImage&) {
        const double score = next;
        next += 3;
        return score;
      });
  CHECK(scores.of_image == std::vector{1.0, 4.0});
  CHECK(scores.mean == 2.5);
}
