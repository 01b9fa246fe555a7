#pragma once
// N-grams, the runs of 1 to 4 words in a sentence, as integers: the metrics count and compare numbers, never strings.
//
// An n-gram is a shorter n-gram, which has a number already, and one word more,
//
//     number(w1 ... wn) = table[number(w1 ... wn-1), wn]      number() = 0
//
// so one table from pairs of integers to integers knows the n-grams of all lengths.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <pupil/core/cpp20.hpp>

namespace pupil::captioning {

/// BLEU and CIDEr-D look at n-grams of 1 to 4 words.
inline constexpr std::size_t longest_ngram = 4;

/// Gives every n-gram that it meets its own number, counted from 1.
class NgramTable {
 public:
  /// The number of the n-gram without words.
  static constexpr std::int32_t empty = 0;

  /// What `find` gives for n-grams that were never met.
  static constexpr std::int32_t none = -1;

  /// The number of the n-gram `prefix` with `word` behind it.
  std::int32_t extend(std::int32_t prefix, std::int32_t word) {
    return numbers_.try_emplace(key(prefix, word), static_cast<std::int32_t>(numbers_.size()) + 1).first->second;
  }

  /// The same where it has a number already, else `none`; so it is too where `prefix` is none.
  std::int32_t find(std::int32_t prefix, std::int32_t word) const {
    if (prefix == none) return none;
    const auto found = numbers_.find(key(prefix, word));
    return found == numbers_.end() ? none : found->second;
  }

  /// One more than the largest number given, so that a vector of this size has a place for each.
  std::size_t size() const { return numbers_.size() + 1; }

 private:
  static std::uint64_t key(std::int32_t prefix, std::int32_t word) {
    return std::uint64_t{static_cast<std::uint32_t>(prefix)} << 32 | static_cast<std::uint32_t>(word);
  }

  std::unordered_map<std::uint64_t, std::int32_t> numbers_;
};

/// An n-gram, and how often a sentence has it.
struct NgramCount {
  std::int32_t ngram;
  std::int32_t count;
};

/// All n-grams of one length in a sentence, in the order of their numbers.
using NgramCounts = std::vector<NgramCount>;

/// Every different number among `ngrams`, with how often it occurs.
inline NgramCounts tally(std::vector<std::int32_t> ngrams) {
  std::ranges::sort(ngrams);
  NgramCounts counts;
  for (const std::int32_t ngram : ngrams) {
    if (counts.empty() || counts.back().ngram != ngram) counts.push_back({ngram, 0});
    ++counts.back().count;
  }
  return counts;
}

/// The n-grams of a sentence: those of n words at [n - 1].
inline std::array<NgramCounts, longest_ngram> count_ngrams(std::span<const std::int32_t> words, NgramTable& table) {
  std::array<NgramCounts, longest_ngram> counts;
  // What begins at each word; it grows by a word a round.
  std::vector<std::int32_t> ngrams(words.size(), NgramTable::empty);
  for (std::size_t n = 1; n <= std::min(longest_ngram, words.size()); ++n) {
    ngrams.resize(words.size() - n + 1);
    for (std::size_t i = 0; i < ngrams.size(); ++i) ngrams[i] = table.extend(ngrams[i], words[i + n - 1]);
    counts[n - 1] = tally(ngrams);
  }
  return counts;
}

/// How often `ngram` is among the counts, 0 where it is not there.
inline std::int32_t count_of(std::int32_t ngram, const NgramCounts& counts) {
  const auto found = std::ranges::lower_bound(counts, ngram, {}, &NgramCount::ngram);
  return found != counts.end() && found->ngram == ngram ? found->count : 0;
}

}  // namespace pupil::captioning
