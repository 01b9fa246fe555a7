#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/models/decoder.hpp>
#include <pupil/models/word_attention.hpp>

using namespace pupil;

namespace {

constexpr std::array<std::int32_t, 3> three_words{5, 7, 4};

Decoder<double> tiny_decoder_of_kind(const std::string& kind) {
  Rng rng(11);
  return Decoder<double>({.kind = kind,
                          .vocabulary_size = 9,
                          .pooled_size = 5,
                          .grid_channels = 5,
                          .embedding_size = 6,
                          .hidden_size = 7,
                          .attention_size = 4,
                          .dropout = 0},
                         rng);
}

ImageFeatures<double> random_features(Index images) {
  Rng rng(12);
  ImageFeatures<double> features{Tensor<double, 2>({images, 5}), Tensor<double, 3>({images, 6, 5})};
  for (double& value : features.pooled) value = rng.normal<double>();
  for (double& value : features.grid) value = rng.normal<double>();
  return features;
}

}  // namespace

TEST_CASE("word attention: a row a word, which sums up to 1 where there is no sentinel, and to less where there is") {
  const auto features = random_features(1);
  for (const std::string kind : {"attention", "top_down", "adaptive"}) {
    CAPTURE(kind);
    const auto attention = word_attention(tiny_decoder_of_kind(kind), features, three_words);
    REQUIRE(attention.shape() == Shape<2>{3, 6});
    for (Index word = 0; word < 3; ++word) {
      const double sum = std::accumulate(attention.row(word), attention.row(word) + 6, 0.0);
      if (kind == "adaptive") {
        CHECK(sum > 0.01);
        CHECK(sum < 0.9999);
      } else {
        CHECK(sum == doctest::Approx(1).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("word attention: a row is what the decoder gives that has read the start and the words before") {
  const auto features = random_features(1);
  const auto decoder = tiny_decoder_of_kind("adaptive");
  const auto attention = word_attention(decoder, features, three_words);
  auto state = decoder.start(features);
  std::int32_t last = Vocabulary::start;
  for (Index word = 0; word < 3; ++word) {
    Tensor<std::int32_t, 1> read({Index{1}});
    read[0] = last;
    decoder.step(read, state);
    for (Index place = 0; place < 6; ++place) CHECK(attention(word, place) == state.attention()(0, place));
    last = three_words[static_cast<std::size_t>(word)];
  }
}

TEST_CASE("word attention: nothing of a decoder without a grid, and of no words") {
  const auto features = random_features(1);
  CHECK(word_attention(tiny_decoder_of_kind("show_and_tell"), features, three_words).size() == 0);
  CHECK(word_attention(tiny_decoder_of_kind("attention"), features, {}).size() == 0);
}

TEST_CASE("word attention: features of two images are refused") {
  CHECK_THROWS_WITH_AS(word_attention(tiny_decoder_of_kind("attention"), random_features(2), three_words),
                       "word_attention: the features are of 2 images, not of one", ShapeError);
}
