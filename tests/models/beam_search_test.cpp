#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/beam_search.hpp>
#include <pupil/models/show_and_tell.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

using Words = std::vector<std::int32_t>;

constexpr Index vocabulary_size = 7;  // the four special words and three others

/// A decoder whose words depend strongly on what came before.
ShowAndTell<double> strong_decoder(Rng& rng) {
  ShowAndTell<double> decoder(
      {.vocabulary_size = vocabulary_size, .pooled_size = 4, .embedding_size = 4, .hidden_size = 5}, rng);
  for_each_parameter(decoder, [&](const Name&, auto& parameter) {
    for (double& value : parameter.value) value = 2 * rng.normal<double>();
  });
  return decoder;
}

ImageFeatures<double> random_pooled(Index images, Rng& rng) {
  return {.pooled = random_tensor<double>(Shape{images, Index{4}}, rng)};
}

/// The log probability that the decoder gives to these words, and to the end where `ended`.
double log_probability(const ShowAndTell<double>& decoder, const ImageFeatures<double>& features, const Words& words,
                       bool ended) {
  auto state = decoder.start(features);
  double sum = 0;
  for (std::size_t i = 0; i < words.size() + (ended ? 1 : 0); ++i) {
    auto next = decoder.step(Tensor<std::int32_t, 1>({1}, {i == 0 ? Vocabulary::start : words[i - 1]}), state);
    kernels::log_softmax_rows(next);
    sum += next(0, i < words.size() ? words[i] : Vocabulary::end);
  }
  return sum;
}

/// The best of all captions up to `max_length` words: those of that length need no end.
FoundCaption best_of_all(const ShowAndTell<double>& decoder, const ImageFeatures<double>& features,
                         const BeamSearchOptions& options) {
  FoundCaption best;
  double best_score = -std::numeric_limits<double>::infinity();
  const auto visit = [&](const auto& self, const Words& words) -> void {
    const auto length = static_cast<Index>(words.size());
    const bool ended = length < options.max_length;
    const double reached = log_probability(decoder, features, words, ended);
    const double score = reached / std::pow(static_cast<double>(length + (ended ? 1 : 0)), options.length_penalty);
    if (score > best_score) {
      best_score = score;
      best = {words, reached};
    }
    if (!ended) return;
    for (std::int32_t word = Vocabulary::unknown + 1; word < vocabulary_size; ++word) {
      Words longer = words;
      longer.push_back(word);
      self(self, longer);
    }
  };
  visit(visit, {});
  return best;
}

}  // namespace

TEST_CASE("a beam that is wide enough finds the best of all captions") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Rng rng(seed);
    const auto decoder = strong_decoder(rng);
    const auto features = random_pooled(1, rng);
    for (const double penalty : {0.0, 0.7, 1.5}) {
      CAPTURE(penalty);
      const BeamSearchOptions options{.width = 81, .max_length = 4, .length_penalty = penalty};
      const FoundCaption found = beam_search(decoder, features, options).front();
      const FoundCaption expected = best_of_all(decoder, features, options);
      CHECK(found.words == expected.words);
      CHECK(found.log_probability == doctest::Approx(expected.log_probability));
    }
  }
}

TEST_CASE("a wider beam finds better captions than greedy search, somewhere") {
  int better = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    const auto decoder = strong_decoder(rng);
    const auto features = random_pooled(1, rng);
    const double greedy = beam_search(decoder, features, {.max_length = 5}).front().log_probability;
    const double wide = beam_search(decoder, features, {.width = 243, .max_length = 5}).front().log_probability;
    CHECK(wide >= greedy - 1e-12);
    if (wide > greedy + 1e-3) ++better;
  }
  CHECK(better > 0);
}

TEST_CASE("a width of 1 says the most probable word every time") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Rng rng(seed);
    const auto decoder = strong_decoder(rng);
    const auto features = random_pooled(1, rng);
    auto state = decoder.start(features);
    Words words;
    for (std::int32_t word = Vocabulary::start; words.size() < 10;) {
      const auto logits = decoder.step(Tensor<std::int32_t, 1>({1}, {word}), state);
      word = Vocabulary::end;
      for (std::int32_t w = Vocabulary::unknown + 1; w < vocabulary_size; ++w) {
        if (logits(0, w) > logits(0, word)) word = w;
      }
      if (word == Vocabulary::end) break;
      words.push_back(word);
    }
    CHECK(beam_search(decoder, features, {.max_length = 10}).front().words == words);
  }
}

TEST_CASE("pad, start and unknown are never said, however probable") {
  Rng rng(3);
  auto decoder = strong_decoder(rng);
  for_each_parameter(decoder, [](const Name& name, auto& parameter) {
    if (name.str() != "out.bias") return;
    for (const auto word : {Vocabulary::pad, Vocabulary::start, Vocabulary::unknown}) parameter.value[word] = 100;
  });
  for (const Index width : {1, 4}) {
    for (const FoundCaption& found : beam_search(decoder, random_pooled(5, rng), {.width = width})) {
      CHECK(std::ranges::all_of(found.words, [](std::int32_t word) { return word > Vocabulary::unknown; }));
    }
  }
}

TEST_CASE("no caption is longer than max_length, and one that is cut there has no end") {
  Rng rng(4);
  auto decoder = strong_decoder(rng);
  for_each_parameter(decoder, [](const Name& name, auto& parameter) {
    if (name.str() == "out.bias") parameter.value[Vocabulary::end] = -100;
  });
  const auto features = random_pooled(1, rng);
  for (const Index length : {1, 2, 6}) {
    for (const Index width : {1, 3}) {
      const FoundCaption found = beam_search(decoder, features, {.width = width, .max_length = length}).front();
      CHECK(static_cast<Index>(found.words.size()) == length);
      CHECK(found.log_probability == doctest::Approx(log_probability(decoder, features, found.words, false)));
    }
  }
}

TEST_CASE("a decoder that ends at once gives a caption without words") {
  Rng rng(5);
  auto decoder = strong_decoder(rng);
  for_each_parameter(decoder, [](const Name& name, auto& parameter) {
    if (name.str() == "out.bias") parameter.value[Vocabulary::end] = 100;
  });
  CHECK(beam_search(decoder, random_pooled(1, rng), {.width = 3}).front().words.empty());
}

TEST_CASE("several images at once get the captions that each gets alone") {
  Rng rng(6);
  const auto decoder = strong_decoder(rng);
  const auto features = random_pooled(6, rng);
  for (const BeamSearchOptions& options :
       {BeamSearchOptions{}, BeamSearchOptions{.width = 3}, BeamSearchOptions{.width = 4, .length_penalty = 0.8}}) {
    CAPTURE(options.width);
    const auto together = beam_search(decoder, features, options);
    REQUIRE(together.size() == 6);
    for (Index i = 0; i < 6; ++i) {
      ImageFeatures<double> one{.pooled = Tensor<double, 2>({1, 4})};
      std::copy_n(features.pooled.row(i), 4, one.pooled.data());
      const FoundCaption alone = beam_search(decoder, one, options).front();
      CHECK(together[static_cast<std::size_t>(i)].words == alone.words);
      CHECK(together[static_cast<std::size_t>(i)].log_probability == doctest::Approx(alone.log_probability));
    }
  }
}

TEST_CASE("no images get no captions") {
  Rng rng(7);
  CHECK(beam_search(strong_decoder(rng), random_pooled(0, rng)).empty());
}

TEST_CASE("a beam of no width, or captions of no length, are refused") {
  Rng rng(8);
  const auto decoder = strong_decoder(rng);
  const ImageFeatures<double> features{.pooled = Tensor<double, 2>({1, 4})};
  CHECK(error_of<OptionError>([&] { beam_search(decoder, features, {.width = 0}); }) == "beam_search: width is 0");
  CHECK(error_of<OptionError>([&] { beam_search(decoder, features, {.max_length = 0}); }) ==
        "beam_search: max_length is 0");
}

TEST_CASE("features that are not numbers are an error, not a caption without words") {
  Rng rng(9);
  const auto decoder = strong_decoder(rng);
  auto features = random_pooled(2, rng);
  features.pooled(1, 2) = std::numeric_limits<double>::quiet_NaN();
  for (const Index width : {1, 3}) {
    CAPTURE(width);
    CHECK(error_of<NumericError>([&] { beam_search(decoder, features, {.width = width}); }) ==
          "beam_search: the decoder's scores are not numbers");
  }
}
