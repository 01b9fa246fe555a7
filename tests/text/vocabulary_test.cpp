#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>

using pupil::captioning::Sentence;
using pupil::captioning::Vocabulary;

namespace {

using Ids = std::vector<std::int32_t>;

// dog 3, a 2, runs 2, cat 1, the 1
const std::vector<Sentence> captions{{"the", "dog", "runs"}, {"a", "dog", "runs"}, {"a", "cat"}, {"dog"}, {}};

Vocabulary vocabulary_of(const std::vector<std::string>& words) {
  std::vector<std::string> all{"<pad>", "<start>", "<end>", "<unknown>"};
  all.insert(all.end(), words.begin(), words.end());
  return Vocabulary::from_words(all);
}

}  // namespace

TEST_CASE("the special words are ids 0 to 3") {
  const Vocabulary vocabulary;
  CHECK(vocabulary.size() == 4);
  CHECK(vocabulary.word(Vocabulary::pad) == "<pad>");
  CHECK(vocabulary.word(Vocabulary::start) == "<start>");
  CHECK(vocabulary.word(Vocabulary::end) == "<end>");
  CHECK(vocabulary.word(Vocabulary::unknown) == "<unknown>");
  CHECK(std::set{Vocabulary::pad, Vocabulary::start, Vocabulary::end, Vocabulary::unknown} == std::set{0, 1, 2, 3});
}

TEST_CASE("words are ordered by falling count, equally frequent ones by the alphabet") {
  const Vocabulary vocabulary = Vocabulary::from_captions(captions, 1);
  CHECK(vocabulary == vocabulary_of({"dog", "a", "runs", "cat", "the"}));
}

TEST_CASE("a word needs min_count occurrences to be in the vocabulary") {
  CHECK(Vocabulary::from_captions(captions, 2) == vocabulary_of({"dog", "a", "runs"}));
  CHECK(Vocabulary::from_captions(captions, 3) == vocabulary_of({"dog"}));
  CHECK(Vocabulary::from_captions(captions, 4) == Vocabulary());
  CHECK(Vocabulary::from_captions({}, 1) == Vocabulary());
}

TEST_CASE("occurrences count within one caption too") {
  CHECK(Vocabulary::from_captions({{"cat", "and", "cat"}}, 2) == vocabulary_of({"cat"}));
}

TEST_CASE("the order of the captions does not change the vocabulary") {
  const std::uint64_t seed = 3;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  auto shuffled = captions;
  for (int round = 0; round < 10; ++round) {
    rng.shuffle(shuffled);
    CHECK(Vocabulary::from_captions(shuffled, 1) == Vocabulary::from_captions(captions, 1));
  }
}

TEST_CASE("counts gathered caption by caption make the same vocabulary") {
  pupil::captioning::WordCounts counts;
  for (const Sentence& caption : captions) pupil::captioning::count_words(caption, counts);
  CHECK(counts == pupil::captioning::WordCounts{{"a", 2}, {"cat", 1}, {"dog", 3}, {"runs", 2}, {"the", 1}});
  CHECK(Vocabulary::from_counts(counts, 2) == Vocabulary::from_captions(captions, 2));
}

TEST_CASE("captions that spell special words do not make them twice") {
  CHECK(Vocabulary::from_captions({{"<start>", "dog", "<end>"}}, 1) == vocabulary_of({"dog"}));
}

TEST_CASE("a min_count below 1 is refused") {
  CHECK_THROWS_WITH_AS(Vocabulary::from_captions(captions, 0), "vocabulary: min_count is 0, must be at least 1",
                       pupil::OptionError);
}

TEST_CASE("id and word are each other's inverse") {
  const Vocabulary vocabulary = vocabulary_of({"dog", "a", "runs"});
  CHECK(vocabulary.size() == 7);
  for (std::int32_t id = 0; id < vocabulary.size(); ++id) CHECK(vocabulary.id(vocabulary.word(id)) == id);
  CHECK(vocabulary.id("dog") == 4);
}

TEST_CASE("an absent word has the id of unknown") {
  const Vocabulary vocabulary = vocabulary_of({"dog"});
  CHECK(vocabulary.id("cat") == Vocabulary::unknown);
  CHECK(vocabulary.id("") == Vocabulary::unknown);
  CHECK(vocabulary.id("Dog") == Vocabulary::unknown);
}

TEST_CASE("word refuses ids outside the vocabulary") {
  const Vocabulary vocabulary = vocabulary_of({"dog"});
  CHECK_THROWS_WITH_AS(vocabulary.word(5), "vocabulary: id 5 is outside the 5 words", pupil::IndexError);
  CHECK_THROWS_AS(vocabulary.word(-1), pupil::IndexError);
}

TEST_CASE("encode gives each word its id, without start and end") {
  const Vocabulary vocabulary = vocabulary_of({"dog", "a", "runs"});
  CHECK(vocabulary.encode({"a", "purple", "dog", "runs"}) == Ids{5, Vocabulary::unknown, 4, 6});
  CHECK(vocabulary.encode({}).empty());
}

TEST_CASE("decode stops at the first end and leaves out pad and start") {
  const Vocabulary vocabulary = vocabulary_of({"dog", "a", "runs"});
  CHECK(vocabulary.decode(Ids{Vocabulary::start, 5, 4, Vocabulary::end, 6, Vocabulary::end}) == Sentence{"a", "dog"});
  CHECK(vocabulary.decode(Ids{5, Vocabulary::pad, 4, Vocabulary::pad}) == Sentence{"a", "dog"});
  CHECK(vocabulary.decode(Ids{Vocabulary::end, 4}).empty());
  CHECK(vocabulary.decode(Ids{}).empty());
}

TEST_CASE("decode shows an unknown word as such") {
  const Vocabulary vocabulary = vocabulary_of({"dog", "a"});
  CHECK(vocabulary.decode(Ids{5, Vocabulary::unknown, 4}) == Sentence{"a", "<unknown>", "dog"});
}

TEST_CASE("decode refuses ids outside the vocabulary before the end, and reads none behind it") {
  const Vocabulary vocabulary = vocabulary_of({"dog"});
  CHECK_THROWS_AS(vocabulary.decode(Ids{4, 99}), pupil::IndexError);
  CHECK(vocabulary.decode(Ids{4, Vocabulary::end, 99}) == Sentence{"dog"});
}

TEST_CASE("the stored words make the same vocabulary again") {
  const Vocabulary vocabulary = Vocabulary::from_captions(captions, 1);
  const Vocabulary restored = Vocabulary::from_words(vocabulary.words());
  CHECK(restored == vocabulary);
  CHECK(restored.encode({"the", "dog", "flies"}) == vocabulary.encode({"the", "dog", "flies"}));
}

TEST_CASE("a copy looks words up when its original is gone") {
  Vocabulary copy;
  {
    const Vocabulary original = vocabulary_of({"dog", "a-word-too-long-to-lie-inside-a-string-object"});
    copy = original;
  }
  CHECK(copy.id("dog") == 4);
  CHECK(copy.id("a-word-too-long-to-lie-inside-a-string-object") == 5);
}

TEST_CASE("a vocabulary of the special words alone has no words") {
  CHECK_FALSE(Vocabulary().has_words());
  CHECK_FALSE(Vocabulary::from_captions(captions, 4).has_words());
  CHECK(Vocabulary::from_captions(captions, 3).has_words());
}

TEST_CASE("a word list that does not begin with the special words is refused") {
  const std::string expected = "vocabulary: the words do not begin with <pad>, <start>, <end>, <unknown>";
  CHECK_THROWS_WITH_AS(Vocabulary::from_words({}), expected.c_str(), pupil::Error);
  CHECK_THROWS_WITH_AS(Vocabulary::from_words({"<pad>", "<start>", "<end>"}), expected.c_str(), pupil::Error);
  CHECK_THROWS_WITH_AS(Vocabulary::from_words({"<start>", "<pad>", "<end>", "<unknown>"}), expected.c_str(),
                       pupil::Error);
  CHECK_THROWS_WITH_AS(Vocabulary::from_words({"a", "dog", "runs", "here"}), expected.c_str(), pupil::Error);
}

TEST_CASE("a word list with a word twice, or an empty one, is refused") {
  CHECK_THROWS_WITH_AS(vocabulary_of({"dog", "a", "dog"}), "vocabulary: 'dog' is both word 4 and word 6", pupil::Error);
  CHECK_THROWS_WITH_AS(vocabulary_of({"<end>"}), "vocabulary: '<end>' is both word 2 and word 4", pupil::Error);
  CHECK_THROWS_WITH_AS(vocabulary_of({"dog", ""}), "vocabulary: word 5 is empty", pupil::Error);
}
