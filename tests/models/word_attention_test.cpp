#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/models/decoder.hpp>
#include <pupil/models/word_attention.hpp>

#include "../support/random_tensor.hpp"
#include "decoder_of_kind.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

constexpr std::array<std::int32_t, 3> three_words{5, 7, 4};

Decoder<double> seeded_decoder(std::string_view kind) {
  Rng rng(11);
  return Decoder<double>(options_of_kind(kind), rng);
}

ImageFeatures<double> features_of_images(Index images) {
  Rng rng(12);
  return {random_tensor<double>(Shape{images, 7}, rng), random_tensor<double>(Shape{images, 6, 7}, rng)};
}

}  // namespace

TEST_CASE("word attention: a row a word, which sums up to 1 where there is no sentinel, and to less where there is") {
  const auto features = features_of_images(1);
  for (const std::string kind : {"attention", "top_down", "adaptive"}) {
    CAPTURE(kind);
    const auto attention = word_attention(seeded_decoder(kind), features, three_words);
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
  const auto features = features_of_images(1);
  const auto decoder = seeded_decoder("adaptive");
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
  const auto features = features_of_images(1);
  CHECK(word_attention(seeded_decoder("show_and_tell"), features, three_words).size() == 0);
  CHECK(word_attention(seeded_decoder("attention"), features, {}).size() == 0);
}

TEST_CASE("word attention: features of two images are refused") {
  CHECK_THROWS_WITH_AS(word_attention(seeded_decoder("attention"), features_of_images(2), three_words),
                       "word_attention: the features are of 2 images, not of one", ShapeError);
}
