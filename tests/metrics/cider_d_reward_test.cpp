#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/metrics/cider_d.hpp>
#include <pupil/metrics/cider_d_reward.hpp>

#include "support/files.hpp"
#include "support/thread_counts.hpp"

using pupil::Index;
using pupil::Rng;
using pupil::captioning::CiderDReward;
using pupil::captioning::SampledCaption;
using pupil::captioning::Sentence;
using pupil::captioning::Vocabulary;

namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int32_t first_word = 4;  // behind the special ones

/// Words of a small language, so that n-grams repeat; now and then one that is unknown.
Ids random_ids(Rng& rng, Index longest) {
  Ids ids(static_cast<std::size_t>(rng.below(longest + 1)));
  for (std::int32_t& id : ids)
    id = rng.below(12) == 0 ? Vocabulary::unknown : first_word + static_cast<std::int32_t>(rng.below(7));
  return ids;
}

/// As the twin sees a caption: words that are written, the end among them.
Sentence written(const Ids& ids, const std::string& unknown) {
  Sentence words;
  for (const std::int32_t id : ids) {
    words.push_back(id == Vocabulary::end ? "<end>" : id == Vocabulary::unknown ? unknown : std::to_string(id));
    if (id == Vocabulary::end) break;
  }
  return words;
}

/// Images with one to five references, and a candidate for each.
struct Captioned {
  std::vector<std::vector<Ids>> references;
  std::vector<Ids> candidates;

  explicit Captioned(Rng& rng) : references(static_cast<std::size_t>(1 + rng.below(9))) {
    for (auto& of_image : references) {
      of_image.resize(static_cast<std::size_t>(1 + rng.below(5)));
      for (Ids& reference : of_image) reference = random_ids(rng, 12);
      candidates.push_back(random_ids(rng, 14));
      if (rng.below(4) != 0) candidates.back().push_back(Vocabulary::end);
      if (rng.below(4) == 0) candidates.back().insert(candidates.back().end(), {5, Vocabulary::pad, 6});
    }
  }

  std::vector<double> rewards() const {
    std::vector<SampledCaption> captions;
    for (std::size_t i = 0; i < candidates.size(); ++i) captions.push_back({static_cast<Index>(i), candidates[i]});
    return CiderDReward(references)(captions);
  }

  /// By cider_d, with an end that is written.
  std::vector<double> twin() const {
    std::vector<Sentence> sentences;
    std::vector<std::vector<Sentence>> of_images(references.size());
    for (const Ids& candidate : candidates) sentences.push_back(written(candidate, "something unknown"));
    for (std::size_t i = 0; i < references.size(); ++i) {
      for (Ids reference : references[i]) {
        reference.push_back(Vocabulary::end);
        of_images[i].push_back(written(reference, "<unknown>"));
      }
    }
    return pupil::captioning::cider_d(pupil::captioning::CaptionCorpus(sentences, of_images)).of_image;
  }
};

/// The largest difference between the two.
double difference(const std::vector<double>& left, const std::vector<double>& right) {
  REQUIRE(left.size() == right.size());
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) largest = std::max(largest, std::abs(left[i] - right[i]));
  return largest;
}

double reward_of(const CiderDReward& reward, Index image, const Ids& words) {
  return reward(std::array{SampledCaption{image, words}}).at(0);
}

/// Two images, and an id for every letter of their references.
const CiderDReward& two_images() {
  static const CiderDReward reward(std::vector<std::vector<Ids>>{{{4, 5, 6, 7}, {4, 5, 8}}, {{9, 10, 6}}});
  return reward;
}

}  // namespace

TEST_CASE("the reward is the CIDEr-D of captions whose end is written") {
  const std::uint64_t seed = 51;
  CAPTURE(seed);
  Rng rng(seed);
  double largest = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const Captioned captioned(rng);
    const auto rewards = captioned.rewards();
    CHECK(difference(rewards, captioned.twin()) < 1e-9);
    largest = std::max(largest, *std::ranges::max_element(rewards));
  }
  CHECK(largest > 3);  // they have something in common
}

TEST_CASE("a candidate that is the only reference and ends has a reward of 10") {
  CHECK(reward_of(two_images(), 1, {9, 10, 6, Vocabulary::end}) == doctest::Approx(10));
}

TEST_CASE("a candidate without an end is worth less, and what stands behind the end is worth nothing") {
  const double whole = reward_of(two_images(), 0, {4, 5, 8, Vocabulary::end});
  CHECK(reward_of(two_images(), 0, {4, 5, 8}) < whole);
  CHECK(reward_of(two_images(), 0, {4, 5, 8, Vocabulary::end, 7, Vocabulary::end, Vocabulary::pad}) == whole);
  CHECK(reward_of(two_images(), 0, {Vocabulary::end}) == 0);
  CHECK(reward_of(two_images(), 0, {}) == 0);
}

TEST_CASE("document frequencies are of all images, whichever are rewarded") {
  const std::vector<Ids> dog{{4, 5, 6}};
  const CiderDReward two(std::vector{dog, {{7, 8, 6}}});
  const CiderDReward many(std::vector{dog, {{7, 8, 6}}, {{7, 5, 9}}, {{10, 5, 9}}});
  const Ids candidate{4, 5, Vocabulary::end};
  CHECK(reward_of(two, 0, candidate) > 0);
  CHECK(reward_of(many, 0, candidate) != doctest::Approx(reward_of(two, 0, candidate)));
}

TEST_CASE("to say an unknown word is no way to a reward, though references have some") {
  const CiderDReward reward(std::vector<std::vector<Ids>>{{{Vocabulary::unknown, 5}}, {{6, 7}}});
  CHECK(reward_of(reward, 0, {Vocabulary::unknown, Vocabulary::end}) == 0);
  CHECK(reward_of(reward, 0, {9, 5, Vocabulary::end}) ==
        reward_of(reward, 0, {Vocabulary::unknown, 5, Vocabulary::end}));
  CHECK(reward_of(reward, 0, {9, 5, Vocabulary::end}) > 0);
}

TEST_CASE("references are encoded by the vocabulary, unknown words as one") {
  const std::vector<std::vector<Sentence>> references{{{"a", "dog", "barks"}}, {{"a", "zebra"}, {"a", "gnu"}}};
  const Vocabulary vocabulary = Vocabulary::from_words({"<pad>", "<start>", "<end>", "<unknown>", "a", "dog", "barks"});
  const CiderDReward by_words(references, vocabulary);
  const CiderDReward by_ids(
      std::vector<std::vector<Ids>>{{{4, 5, 6}}, {{4, Vocabulary::unknown}, {4, Vocabulary::unknown}}});
  const Ids candidate{4, 5, Vocabulary::end};
  CHECK(by_words.images() == 2);
  CHECK(reward_of(by_words, 0, candidate) > 0);
  CHECK(reward_of(by_words, 0, candidate) == reward_of(by_ids, 0, candidate));
}

TEST_CASE("many samples of each image are rewarded, with the same bits on any number of threads") {
  const std::uint64_t seed = 52;
  CAPTURE(seed);
  Rng rng(seed);
  std::vector<std::vector<Ids>> references(40);
  for (auto& of_image : references) {
    for (int r = 0; r < 5; ++r) of_image.push_back(random_ids(rng, 12));
  }
  std::vector<Ids> samples;
  for (int s = 0; s < 500; ++s) samples.push_back(random_ids(rng, 16));
  std::vector<SampledCaption> captions;
  for (std::size_t s = 0; s < samples.size(); ++s) captions.push_back({static_cast<Index>(s % 40), samples[s]});
  const CiderDReward reward(references);
  pupil::testing::check_thread_counts([&] { return reward(captions); });
  const auto rewards = reward(captions);
  for (const std::size_t s : std::vector<std::size_t>{0, 7, 8, 499}) {
    CHECK(rewards[s] == reward_of(reward, captions[s].image, samples[s]));
  }
}

TEST_CASE("no captions have no rewards") { CHECK(two_images()(std::vector<SampledCaption>{}).empty()); }

TEST_CASE("a reward for no image, an image without a reference, or a caption of no image is refused") {
  CHECK_THROWS_AS(CiderDReward(std::vector<std::vector<Ids>>{}), pupil::Error);
  CHECK_THROWS_AS(CiderDReward(std::vector<std::vector<Ids>>{{{4}}, {}}), pupil::Error);
  const auto message = pupil::testing::error_of<pupil::IndexError>([] { reward_of(two_images(), 2, {4}); });
  CHECK(message == "cider_d_reward: image 2 is outside the 2 images");
  CHECK_THROWS_AS(reward_of(two_images(), -1, {4}), pupil::IndexError);
}

TEST_CASE("photographs that people captioned give captions of one another the rewards that cider_d gives") {
  const auto path = pupil::testing::shared_folder() / "flickr8k" / "captions.txt";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: there is no " << path.string());
    return;
  }
  std::vector<std::vector<Sentence>> references;
  for (const auto& [image, texts] : pupil::captioning::read_kaggle_captions(path)) {
    references.emplace_back();
    for (const auto& text : texts) references.back().push_back(pupil::captioning::tokenize(text));
    if (references.size() == 500) break;
  }
  std::vector<Sentence> all, said;
  for (const auto& of_image : references) {
    all.insert(all.end(), of_image.begin(), of_image.end());
    said.push_back(all[all.size() / 2]);  // of some image, most often of another
  }
  const Vocabulary vocabulary = Vocabulary::from_captions(all, 1);
  std::vector<Ids> ids;
  std::vector<SampledCaption> captions;
  for (const Sentence& sentence : said) {
    ids.push_back(vocabulary.encode(sentence));
    ids.back().push_back(Vocabulary::end);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) captions.push_back({static_cast<Index>(i), ids[i]});
  const auto rewards = CiderDReward(references, vocabulary)(captions);

  const auto with_end = [](std::vector<Sentence> sentences) {
    for (Sentence& sentence : sentences) sentence.emplace_back("<end>");
    return sentences;
  };
  for (auto& of_image : references) of_image = with_end(of_image);
  CHECK(difference(rewards,
                   pupil::captioning::cider_d(pupil::captioning::CaptionCorpus(with_end(said), references)).of_image) <
        1e-9);
}
