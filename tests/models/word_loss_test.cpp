#include <cmath>

#include <doctest/doctest.h>

#include <pupil/models/word_loss.hpp>

#include "../support/gradient_check.hpp"
#include "../support/thread_counts.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

constexpr Index words = 9;
constexpr Index features_a_word = 4;

Embedding<double> random_embedding(Rng& rng) {
  return Embedding<double>({.num_embeddings = words, .embedding_dim = features_a_word}, rng);
}

}  // namespace

TEST_CASE("target words are counted image by image, padding left out") {
  const auto counts = count_target_words<float>(tiny_batch().blocks(), 3, words);
  REQUIRE(counts.shape() == Shape{3, words});
  // Row 1 is the image of the captions 4 5 7 4 8, 4 6 7 3 and 8, each with the end, 2, behind it.
  CHECK(counts(1, Vocabulary::end) == 3);
  CHECK(counts(1, 4) == 3);
  CHECK(counts(1, 7) == 2);
  CHECK(counts(1, Vocabulary::unknown) == 1);
  CHECK(counts(1, Vocabulary::pad) == 0);
  float sum = 0;
  for (const float count : counts) sum += count;
  CHECK(sum == static_cast<float>(tiny_batch().target_count()));
}

TEST_CASE("the word loss is the mean surprise at the targets") {
  Rng rng(1);
  auto embedding = random_embedding(rng);
  const auto features = random_tensor<double>(Shape{3, features_a_word}, rng);
  const Batch batch = tiny_batch();
  auto log_probabilities = embedding.scores(features);
  kernels::log_softmax_rows(log_probabilities);
  double expected = 0;
  for (const CaptionBlock& block : batch.blocks()) {
    for (Index t = 0; t < block.targets.dim(0); ++t) {
      for (Index c = 0; c < block.targets.dim(1); ++c) {
        if (block.targets(t, c) == CaptionBlock::ignored_target) continue;
        expected -= log_probabilities(block.image_rows[static_cast<std::size_t>(c)], block.targets(t, c));
      }
    }
  }
  expected /= static_cast<double>(batch.target_count());
  CHECK(word_loss(embedding, features, batch.blocks(), 1).value == doctest::Approx(expected).epsilon(1e-12));
  CHECK(word_loss(embedding, features, batch.blocks(), 0.25).value == doctest::Approx(expected / 4).epsilon(1e-12));
}

TEST_CASE("gradients of the word loss agree with differences") {
  Rng rng(2);
  const auto embedding = random_embedding(rng);
  auto features = random_tensor<double>(Shape{3, features_a_word}, rng);
  auto subject = embedding;
  pupil::testing::detail::begin_gradients(subject);
  const Batch batch = tiny_batch();
  const auto loss = word_loss(subject, features, batch.blocks(), 0.7);
  const auto d_features = subject.backward_scores(loss.d_scores, features);
  auto probe = embedding;
  const auto evaluate = [&] {
    auto copy = probe;
    return word_loss(copy, features, batch.blocks(), 0.7).value;
  };
  pupil::testing::detail::compare_with_differences("features", features, d_features, evaluate, {});
  CHECK(pupil::testing::detail::compare_parameters(subject, probe, evaluate, {}) == 1);
}

TEST_CASE("the word loss gives the same bits for any number of threads") {
  Rng rng(3);
  const Embedding<float> embedding({.num_embeddings = words, .embedding_dim = features_a_word}, rng);
  const auto features = random_tensor<float>(Shape{3, features_a_word}, rng);
  check_thread_counts([&] {
    auto copy = embedding;
    const Batch batch = tiny_batch();
    auto gradient = copy.backward_scores(word_loss(copy, features, batch.blocks(), 1).d_scores, features);
    for_each_parameter(copy, [&](const Name&, auto& parameter) { gradient = parameter.gradient; });
    return gradient;
  });
}
