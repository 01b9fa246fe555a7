#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/beam_search.hpp>
#include <pupil/models/ensemble.hpp>
#include <pupil/models/sampling.hpp>

#include "../support/files.hpp"
#include "table_decoder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

using ImageNumbers = std::vector<std::int32_t>;

/// The probability of each word after these: the mean of the members', by hand.
std::vector<double> mean_probabilities(const std::vector<TableDecoder>& decoders, const ImageNumbers& images,
                                       const WordIds& words) {
  std::vector<double> mean(static_cast<std::size_t>(decoders.front().options().vocabulary_size), 0.0);
  for (std::size_t member = 0; member < decoders.size(); ++member) {
    const auto one = decoders[member].probabilities(images[member], words);
    for (std::size_t word = 0; word < mean.size(); ++word) {
      mean[word] += one[word] / static_cast<double>(decoders.size());
    }
  }
  return mean;
}

double ensemble_log_probability(const std::vector<TableDecoder>& decoders, const ImageNumbers& images,
                                const FoundCaption& caption) {
  double sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(caption.steps()); ++i) {
    const WordIds before(caption.words.begin(), caption.words.begin() + static_cast<std::ptrdiff_t>(i));
    const auto word = i < caption.words.size() ? caption.words[i] : Vocabulary::end;
    sum += std::log(mean_probabilities(decoders, images, before)[static_cast<std::size_t>(word)]);
  }
  return sum;
}

}  // namespace

TEST_CASE("an ensemble's next word is as probable as its members find it on average") {
  const std::vector<TableDecoder> decoders{TableDecoder(1), TableDecoder(2), TableDecoder(3)};
  const Ensemble<TableDecoder> ensemble({&decoders[0], &decoders[1], &decoders[2]});
  auto state = ensemble.start(std::vector<ImageNumbers>{{10}, {20}, {30}});
  WordIds words;
  for (const std::int32_t word : {Vocabulary::start, 4, 6, 5}) {
    if (word != Vocabulary::start) words.push_back(word);
    auto next = ensemble.step(Tensor<std::int32_t, 1>({1}, {word}), state);
    kernels::softmax_rows(next);
    const auto expected = mean_probabilities(decoders, {10, 20, 30}, words);
    for (Index each = 0; each < 7; ++each) {
      CHECK(next(0, each) == doctest::Approx(expected[static_cast<std::size_t>(each)]));
    }
  }
}

TEST_CASE("beam search and sampling decode an ensemble, each member with features of its own") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    const std::vector<TableDecoder> decoders{TableDecoder(seed), TableDecoder(seed + 100)};
    const Ensemble<TableDecoder> ensemble({&decoders[0], &decoders[1]});
    const std::vector<ImageNumbers> features{{1, 2, 3}, {7, 8, 9}};
    const auto found = beam_search_n_best(ensemble, features, {.width = 3, .captions = 3});
    const auto drawn = sample_captions(ensemble, features, {.samples = 3});
    for (std::size_t i = 0; i < 3; ++i) {
      const ImageNumbers own{features[0][i], features[1][i]};
      for (const auto* const captions : {&found[i], &drawn[i]}) {
        REQUIRE(captions->size() == 3);
        for (const FoundCaption& caption : *captions) {
          CHECK(caption.log_probability == doctest::Approx(ensemble_log_probability(decoders, own, caption)));
        }
      }
    }
  }
}

TEST_CASE("a decoder that is a member twice, with the same features, says what it says alone") {
  const TableDecoder decoder(5, {.vocabulary_size = 12, .max_caption_length = 6});
  const Ensemble<TableDecoder> twice({&decoder, &decoder});
  const ImageNumbers images{1, 2, 3};
  const auto expected = beam_search(decoder, images, {.width = 3});
  const auto found = beam_search(twice, std::vector<ImageNumbers>{images, images}, {.width = 3});
  for (std::size_t i = 0; i < images.size(); ++i) {
    CHECK(found[i].words == expected[i].words);
    CHECK(found[i].log_probability == doctest::Approx(expected[i].log_probability));
  }
}

TEST_CASE("the sum of probabilities that a float cannot hold has its logarithm all the same") {
  constexpr float none = -std::numeric_limits<float>::infinity();
  kernels::Lanes<float> a = kernels::Lanes<float>::Constant(-500.0F);
  kernels::Lanes<float> b = kernels::Lanes<float>::Constant(-500.0F);
  a[1] = none;
  a[2] = b[2] = none;
  b[3] = -700.0F;
  const auto sum = captioning::detail::log_of_sum<float>(a, b);
  CHECK(sum[0] == doctest::Approx(-500 + std::log(2.0)));
  CHECK(sum[1] == -500.0F);
  CHECK(sum[2] == none);
  CHECK(sum[3] == -500.0F);
}

TEST_CASE("no member says more words than it was made for") {
  const TableDecoder longer(1, {.max_caption_length = 9});
  const TableDecoder shorter(2, {.max_caption_length = 2});
  CHECK(Ensemble<TableDecoder>({&longer, &shorter}).options().max_caption_length == 2);
  CHECK(Ensemble<TableDecoder>({&longer, &longer}).options().max_caption_length == 9);
}

TEST_CASE("ensembles that cannot be are refused") {
  const TableDecoder small(1);
  const TableDecoder large(1, {.vocabulary_size = 8});
  CHECK(error_of<OptionError>([] { Ensemble<TableDecoder>({}); }) == "ensemble: it has no member");
  const Ensemble<TableDecoder> pair({&small, &large});
  CHECK(error_of<ShapeError>([&] { pair.start(std::vector<ImageNumbers>{{1}}); }) ==
        "ensemble: there are 1 features for the 2 members");
  CHECK(error_of<ShapeError>([&] {
          pair.start(std::vector<ImageNumbers>{{1}, {1, 2}});
        }) == "ensemble: member 1 has features of 2 images, the first of 1");
  CHECK(error_of<ShapeError>([&] {
          beam_search(pair, std::vector<ImageNumbers>{{1}, {1}});
        }) == "ensemble: member 1 gives scores [1, 8], the first [1, 7]");
  const auto words = [](std::vector<std::string> more) {
    std::vector<std::string> all(Vocabulary::special_words.begin(), Vocabulary::special_words.end());
    all.insert(all.end(), more.begin(), more.end());
    return Vocabulary::from_words(all);
  };
  require_same_words("a", words({"dog", "cat"}), "b", words({"dog", "cat"}));
  CHECK(error_of<OptionError>([&] {
          require_same_words("a", words({"dog", "cat"}), "b", words({"cat", "dog"}));
        }) == "ensemble: b knows other words (2) than a (2); its members need the same");
}
