#pragma once
// What a caption may not say, however its words are chosen: by beam search or by chance.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// Pad, start and unknown are never said; this comes on top. Where all of it together forbids every word and the end,
/// the caption ends there, even if it is shorter than min_length.
struct CaptionConstraints {
  Index min_length = 0;                  ///< in words, those of `begin` among them
  Index block_ngrams = 0;                ///< no so many words in a row twice in a caption; 0: all may come again
  std::vector<std::int32_t> never = {};  ///< words that are not said
  std::vector<std::int32_t> begin = {};  ///< the first words of every caption; they may repeat each other
  /// Nothing is said twice in one of these ways: a word or phrase twice in a row ("a a dog"), a phrase of two words
  /// twice around another word ("a bike on a bike"), one word twice around a conjunction ("black and black"), three
  /// words twice anywhere. No caption then has what `has_repetition` finds.
  bool no_repetition = false;
  std::vector<std::int32_t> conjunctions = {};  ///< such as "and", "or", where no_repetition holds

  bool operator==(const CaptionConstraints&) const = default;
};

/// "and" and "or", where the vocabulary has them: CaptionConstraints::conjunctions of an English captioner.
inline std::vector<std::int32_t> conjunctions(const Vocabulary& vocabulary) {
  std::vector<std::int32_t> words;
  for (const char* const word : {"and", "or"}) {
    const std::int32_t id = vocabulary.id(word);
    if (id != Vocabulary::unknown) words.push_back(id);
  }
  return words;
}

namespace detail {

/// The constraints, checked, and ready to be asked at every step.
class NextWords {
 public:
  /// Throws OptionError where no caption of at most `max_length` words can be as the constraints want it.
  NextWords(CaptionConstraints constraints, Index max_length) : constraints_(std::move(constraints)) {
    const auto& [min_length, block_ngrams, never, begin, no_repetition, conjunctions] = constraints_;
    require<OptionError>(min_length >= 0 && min_length <= max_length, "captions: min_length is ", min_length,
                         ", not from 0 to max_length, ", max_length);
    require<OptionError>(block_ngrams >= 0, "captions: block_ngrams is ", block_ngrams);
    require<OptionError>(static_cast<Index>(begin.size()) < max_length, "captions: begin has ", begin.size(),
                         " words, max_length is ", max_length, ": there is no room for another");
    for (const std::int32_t word : begin) {
      require<OptionError>(is_sayable(word), "captions: begin has the word ", word, ", which is never said");
      require<OptionError>(std::ranges::find(never, word) == never.end(), "captions: begin has the word ", word,
                           ", which never forbids");
    }
    for (const std::int32_t word : never) {
      require<OptionError>(is_sayable(word), "captions: never has ", word, ", which is no word of captions");
    }
    std::ranges::sort(constraints_.never);
    const auto repeated = std::unique(constraints_.never.begin(), constraints_.never.end());
    constraints_.never.erase(repeated, constraints_.never.end());
  }

  /// `row` has the log probability of every word after `words`: that of each word that may not follow becomes
  /// -infinity. At least one word is left, or the end. Throws IndexError for constraints with words that the row lacks.
  template <class T>
  void forbid(std::span<const std::int32_t> words, std::span<T> row) const {
    require_known(row.size());
    if (words.size() < constraints_.begin.size()) return leave_alone(constraints_.begin[words.size()], row);
    const T end = row[Vocabulary::end];
    for (const std::int32_t special : Vocabulary::never_said) drop(special, row);
    for (const std::int32_t word : constraints_.never) drop(word, row);
    if (static_cast<Index>(words.size()) < constraints_.min_length) drop(Vocabulary::end, row);
    forbid_ngrams(constraints_.block_ngrams, words, row);
    if (constraints_.no_repetition) forbid_repetition(words, row);
    if (is_empty(words, row)) row[Vocabulary::end] = possible(end);
  }

 private:
  template <class T>
  static constexpr T impossible = -std::numeric_limits<T>::infinity();

  static bool is_sayable(std::int32_t word) {
    return word >= 0 && word != Vocabulary::end &&
           std::ranges::find(Vocabulary::never_said, word) == Vocabulary::never_said.end();
  }

  template <class T>
  static void drop(std::int32_t word, std::span<T> row) {
    row[static_cast<std::size_t>(word)] = impossible<T>;
  }

  /// What is the only way to go on is possible, if the decoder thinks otherwise.
  template <class T>
  static T possible(T log_probability) {
    return std::max(log_probability, std::numeric_limits<T>::lowest());
  }

  template <class T>
  static void leave_alone(std::int32_t word, std::span<T> row) {
    const T kept = possible(row[static_cast<std::size_t>(word)]);
    std::ranges::fill(row, impossible<T>);
    row[static_cast<std::size_t>(word)] = kept;
  }

  void require_known(std::size_t words) const {
    for (const auto* const list : {&constraints_.begin, &constraints_.never}) {
      const std::int32_t last = list->empty() ? 0 : *std::ranges::max_element(*list);
      require<IndexError>(static_cast<std::size_t>(last) < words, "captions: the constraints have the word ", last,
                          ", the decoder knows ", words);
    }
  }

  /// Drops each word that would end an n-gram of so many words which the caption has already.
  template <class T>
  static void forbid_ngrams(Index count, std::span<const std::int32_t> words, std::span<T> row) {
    const auto n = static_cast<std::size_t>(count);
    if (n == 0 || words.size() < n) return;
    const auto last = words.last(n - 1);
    for (std::size_t i = 0; i + n <= words.size(); ++i) {
      if (std::ranges::equal(words.subspan(i, n - 1), last)) drop(words[i + n - 1], row);
    }
  }

  template <class T>
  void forbid_repetition(std::span<const std::int32_t> words, std::span<T> row) const {
    constexpr Index long_phrase = 3;  // "a white dog is playing with a white dog"
    forbid_ngrams(long_phrase, words, row);
    for (const std::size_t between : {std::size_t{0}, std::size_t{1}}) {
      for (std::size_t length = 1; 2 * length + between <= words.size() + 1; ++length) {
        if (between == 1 && length == 1 && !is_conjunction(words.back())) continue;
        // The phrase ends with the next word; where that is this one, it is said a second time.
        const std::size_t place = words.size() - length - between;
        const auto before = words.subspan(place - (length - 1), length - 1);
        if (std::ranges::equal(before, words.last(length - 1))) drop(words[place], row);
      }
    }
  }

  bool is_conjunction(std::int32_t word) const {
    return std::ranges::find(constraints_.conjunctions, word) != constraints_.conjunctions.end();
  }

  template <class T>
  bool is_empty(std::span<const std::int32_t> words, std::span<T> row) const {
    const std::size_t at_most_dropped = Vocabulary::special_words.size() + constraints_.never.size() + words.size();
    if (row.size() > at_most_dropped) return false;
    return std::ranges::all_of(row, [](T value) { return value == impossible<T>; });
  }

  CaptionConstraints constraints_;
};

}  // namespace detail

}  // namespace pupil::captioning
