#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/metrics/ngrams.hpp>

using pupil::captioning::NgramTable;

namespace {

using Words = std::vector<std::int32_t>;

std::int32_t number_of(const Words& words, NgramTable& table) {
  std::int32_t ngram = NgramTable::empty;
  for (const std::int32_t word : words) ngram = table.extend(ngram, word);
  return ngram;
}

}  // namespace

TEST_CASE("an n-gram has one number, and another n-gram another") {
  NgramTable table;
  const std::vector<Words> ngrams{{0}, {1}, {0, 0}, {0, 1}, {1, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 0, 0}};
  std::vector<std::int32_t> numbers;
  for (const Words& ngram : ngrams) numbers.push_back(number_of(ngram, table));
  for (std::size_t i = 0; i < ngrams.size(); ++i) {
    CHECK(number_of(ngrams[i], table) == numbers[i]);
    CHECK(numbers[i] > NgramTable::empty);
    CHECK(static_cast<std::size_t>(numbers[i]) < table.size());
    for (std::size_t j = 0; j < i; ++j) CHECK(numbers[i] != numbers[j]);
  }
}

TEST_CASE("a sentence's n-grams are counted by their length") {
  NgramTable table;
  const auto counts = pupil::captioning::count_ngrams(Words{7, 8, 7, 8, 7}, table);
  CHECK(counts[0].size() == 2);
  CHECK(counts[1].size() == 2);
  CHECK(counts[2].size() == 2);
  CHECK(counts[3].size() == 2);
  CHECK(pupil::captioning::count_of(number_of({7}, table), counts[0]) == 3);
  CHECK(pupil::captioning::count_of(number_of({8}, table), counts[0]) == 2);
  CHECK(pupil::captioning::count_of(number_of({7, 8}, table), counts[1]) == 2);
  CHECK(pupil::captioning::count_of(number_of({7, 8, 7}, table), counts[2]) == 2);
  CHECK(pupil::captioning::count_of(number_of({8, 7, 8, 7}, table), counts[3]) == 1);
}

TEST_CASE("an n-gram that a sentence does not have counts 0") {
  NgramTable table;
  const auto counts = pupil::captioning::count_ngrams(Words{7, 8}, table);
  CHECK(pupil::captioning::count_of(number_of({9}, table), counts[0]) == 0);
  CHECK(pupil::captioning::count_of(number_of({8, 7}, table), counts[1]) == 0);
}

TEST_CASE("a sentence shorter than n has no n-grams of n words") {
  NgramTable table;
  CHECK(pupil::captioning::count_ngrams(Words{}, table)[0].empty());
  const auto counts = pupil::captioning::count_ngrams(Words{4, 5}, table);
  CHECK(counts[1].size() == 1);
  CHECK(counts[2].empty());
  CHECK(counts[3].empty());
}
