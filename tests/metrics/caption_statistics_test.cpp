#include <cstddef>
#include <filesystem>
#include <set>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/metrics/caption_statistics.hpp>

#include "support/files.hpp"

using pupil::captioning::caption_statistics;
using pupil::captioning::CaptionStatistics;
using pupil::captioning::Sentence;
using pupil::captioning::tokenize;

namespace {

bool ends_badly(std::string_view caption) { return pupil::captioning::has_bad_ending(tokenize(caption)); }
bool repeats(std::string_view caption) { return pupil::captioning::has_repetition(tokenize(caption)); }

std::vector<Sentence> sentences(const std::vector<std::string_view>& captions) {
  std::vector<Sentence> result;
  for (const std::string_view caption : captions) result.push_back(tokenize(caption));
  return result;
}

}  // namespace

TEST_CASE("a caption that stops behind an article, preposition, conjunction or auxiliary has a bad ending") {
  for (const std::string_view caption :
       {"a dog is running with a", "a dog is running with", "two men and", "a man in the", "a girl who is",
        "a man is standing on", "a", "a boy in a red shirt and his", "People in ."}) {
    CAPTURE(caption);
    CHECK(ends_badly(caption));
  }
}

TEST_CASE("a caption that is whole has no bad ending, though its last word may be a preposition elsewhere") {
  for (const std::string_view caption :
       {"a dog is running", "a man walks by", "children play outside", "people look on", "a man looks on",
        "a woman is looking on", "a boy throws a ball to another", "a garbage can", "a man kisses her", ""}) {
    CAPTURE(caption);
    CHECK_FALSE(ends_badly(caption));
  }
}

TEST_CASE("no ending stands twice in the list, and each is a word as the tokenizer makes them") {
  const auto& endings = pupil::captioning::unfinished_endings;
  CHECK(std::set<std::string_view>(endings.begin(), endings.end()).size() == endings.size());
  for (const std::string_view ending : endings) {
    CAPTURE(ending);
    CHECK(tokenize(ending) == Sentence{std::string(ending)});
  }
}

TEST_CASE("a word or phrase that comes twice in a row is a repetition") {
  for (const std::string_view caption :
       {"the the", "a man in the the snow", "two dogs run in the snow in the snow", "dog dog", "a dog runs runs"}) {
    CAPTURE(caption);
    CHECK(repeats(caption));
  }
}

TEST_CASE("what stands on both sides of a conjunction is a repetition, two words or more also of a preposition") {
  for (const std::string_view caption :
       {"a dog and a dog", "a black and black dog", "a man with a man", "a group of a group of people",
        "two dogs and two dogs are running", "a man in a red shirt and a man in a red shirt"}) {
    CAPTURE(caption);
    CHECK(repeats(caption));
  }
}

TEST_CASE("five words that come again anywhere are a repetition, four are none") {
  CHECK(repeats("a man in a red shirt looks at a man in a red hat"));
  CHECK_FALSE(repeats("a man in a black jacket takes a photo of a man in a red jacket"));
}

TEST_CASE("idioms, and things of which there are two, are no repetitions") {
  for (const std::string_view caption :
       {"two dogs run side by side", "they walk hand in hand", "a black dog and a brown dog",
        "a boy hops from rock to rock", "a black and white dog", "a dog chases a dog", "a man behind a man", "a dog",
        "a", ""}) {
    CAPTURE(caption);
    CHECK_FALSE(repeats(caption));
  }
}

TEST_CASE("phrases that overlap are said once") {
  CHECK_FALSE(repeats("a b a c"));
  CHECK_FALSE(repeats("go a b c d a b c d2"));  // "a b c d a" would need five words twice
}

TEST_CASE("captions are counted by their words") {
  const auto captions = sentences({"A dog runs .", "a dog runs", "two men and a", "a the the dog", ""});
  const CaptionStatistics statistics = caption_statistics(captions);
  CHECK(statistics.captions == 5);
  CHECK(statistics.mean_length == doctest::Approx(14.0 / 5));
  CHECK(statistics.distinct_captions == 4);
  CHECK(statistics.distinct_words == 7);
  CHECK(statistics.bad_endings == 1);
  CHECK(statistics.repetitions == 1);
  CHECK_FALSE(statistics.seen_in_training);
}

TEST_CASE("captions that were trained on are counted, each as often as it is said") {
  const auto captions = sentences({"a dog runs", "A dog runs.", "a dog runs far", "two men"});
  CHECK(caption_statistics(captions, sentences({"a dog runs", "two women"})).seen_in_training == 2U);
  CHECK(caption_statistics(captions, std::vector<Sentence>{}).seen_in_training == 0U);
}

TEST_CASE("where there is no caption there are no statistics") {
  CHECK_THROWS_AS(caption_statistics({}), pupil::Error);
}

TEST_CASE("what people wrote of photographs has few bad endings and repetitions") {
  const auto path = pupil::testing::shared_folder() / "flickr8k" / "captions.txt";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: there is no " << path.string());
    return;
  }
  std::vector<Sentence> captions;
  for (const auto& [image, texts] : pupil::captioning::read_kaggle_captions(path)) {
    for (const auto& text : texts) captions.push_back(tokenize(text));
  }
  const CaptionStatistics statistics = caption_statistics(captions);
  MESSAGE(statistics.bad_endings << " bad endings and " << statistics.repetitions << " repetitions in "
                                 << statistics.captions << " captions");
  CHECK(statistics.bad_endings * 200 < statistics.captions);
  CHECK(statistics.repetitions * 500 < statistics.captions);
}
