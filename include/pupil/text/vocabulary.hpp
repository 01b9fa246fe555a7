#pragma once
// The words that a model knows, numbered: ids 0 to 3 are pad, start, end and unknown, then come the words of the
// captions it was built from, the frequent ones first.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/stable_sort.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// How often each word occurs; in the order of the words' bytes.
using WordCounts = std::map<std::string, Index>;

/// Adds the words of one caption to the counts.
inline void count_words(const Sentence& caption, WordCounts& counts) {
  for (const std::string& word : caption) ++counts[word];
}

/// Words to ids and back. Made by `from_counts` or `from_captions` for training, or by `from_words` from the list that
/// `words()` gave.
class Vocabulary {
 public:
  /// Fills up captions that are shorter than their batch.
  static constexpr std::int32_t pad = 0;
  /// Stands before the first word.
  static constexpr std::int32_t start = 1;
  /// Stands after the last word.
  static constexpr std::int32_t end = 2;
  /// Stands for every word that is not in the vocabulary.
  static constexpr std::int32_t unknown = 3;
  /// How the four are written. The tokenizer drops angle brackets, so no word of a caption looks like them.
  static constexpr std::array<std::string_view, 4> special_words{"<pad>", "<start>", "<end>", "<unknown>"};
  /// Those that a caption never has, though a decoder gives them a probability.
  static constexpr std::array<std::int32_t, 3> never_said{pad, start, unknown};

  /// Knows the special words alone.
  Vocabulary() : Vocabulary(std::vector<std::string>(special_words.begin(), special_words.end())) {}

  /// The words with a count of at least `min_count`, the most frequent first, equally frequent ones in the order of
  /// their bytes. Throws OptionError where min_count < 1.
  static Vocabulary from_counts(const WordCounts& counts, Index min_count) {
    require<OptionError>(min_count >= 1, "vocabulary: min_count is ", min_count, ", must be at least 1");
    std::vector<std::pair<Index, std::string>> frequent;
    for (const auto& [word, count] : counts) {
      if (count >= min_count && !is_special(word)) frequent.emplace_back(count, word);
    }
    // The counts came in the order of the words, and a stable sort leaves equally frequent ones in it.
    pupil::detail::stable_sort(frequent.begin(), frequent.end(),
                               [](const auto& a, const auto& b) { return a.first > b.first; });

    std::vector<std::string> words(special_words.begin(), special_words.end());
    for (auto& [count, word] : frequent) words.push_back(std::move(word));
    return Vocabulary(std::move(words));
  }

  /// The same, counted in the captions here. Their order does not matter.
  static Vocabulary from_captions(const std::vector<Sentence>& captions, Index min_count) {
    WordCounts counts;
    for (const Sentence& caption : captions) count_words(caption, counts);
    return from_counts(counts, min_count);
  }

  /// The vocabulary whose `words()` these are. Throws Error where the special words do not stand first, or where a word
  /// is empty or stands there twice.
  static Vocabulary from_words(std::vector<std::string> words) { return Vocabulary(std::move(words)); }

  /// All words, the special ones included; a word's place is its id.
  const std::vector<std::string>& words() const { return words_; }

  /// How many ids there are: all lie in [0, size()).
  Index size() const { return static_cast<Index>(words_.size()); }

  /// Whether there is a word besides the special ones.
  bool has_words() const { return words_.size() > special_words.size(); }

  /// The word's id, `unknown` where the vocabulary does not have it.
  std::int32_t id(std::string_view word) const {
    const auto found = ids_.find(word);
    return found == ids_.end() ? unknown : found->second;
  }

  /// The word with this id. Throws IndexError outside [0, size()).
  const std::string& word(std::int32_t id) const {
    require<IndexError>(id >= 0 && id < size(), "vocabulary: id ", id, " is outside the ", size(), " words");
    return words_[static_cast<std::size_t>(id)];
  }

  /// The ids of the words, one each, without start and end.
  std::vector<std::int32_t> encode(const Sentence& words) const {
    std::vector<std::int32_t> ids;
    ids.reserve(words.size());
    for (const std::string& word : words) ids.push_back(id(word));
    return ids;
  }

  /// The words of the ids before the first end, or of all where there is none, without pad and start. An unknown word
  /// is written "<unknown>": the caption keeps its length. Throws IndexError at an id outside [0, size()).
  Sentence decode(std::span<const std::int32_t> ids) const {
    Sentence words;
    for (const std::int32_t id : ids) {
      if (id == end) break;
      if (id != pad && id != start) words.push_back(word(id));
    }
    return words;
  }

  bool operator==(const Vocabulary& other) const { return words_ == other.words_; }

 private:
  /// Lets a string_view be looked up without making a string of it.
  struct WordHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
  };

  static bool is_special(std::string_view word) {
    return std::ranges::find(special_words, word) != special_words.end();
  }

  explicit Vocabulary(std::vector<std::string> words) : words_(std::move(words)) {
    require<Error>(
        words_.size() >= special_words.size() && std::equal(special_words.begin(), special_words.end(), words_.begin()),
        "vocabulary: the words do not begin with <pad>, <start>, <end>, <unknown>");
    ids_.reserve(words_.size());
    for (const std::string& word : words_) add(word);
  }

  void add(const std::string& word) {
    const auto id = static_cast<std::int32_t>(ids_.size());
    require<Error>(!word.empty(), "vocabulary: word ", id, " is empty");
    const auto [place, is_new] = ids_.try_emplace(word, id);
    require<Error>(is_new, "vocabulary: '", word, "' is both word ", place->second, " and word ", id);
  }

  std::vector<std::string> words_;
  std::unordered_map<std::string, std::int32_t, WordHash, std::equal_to<>> ids_;
};

}  // namespace pupil::captioning
