#pragma once
// What scores do not say of a set of captions: how long and how varied they are, how many were learned by heart, and
// how many end too early or say things twice. That tells a captioner from a parrot. Of the captions that people wrote
// of Flickr8k's images, one in 300 has such an ending, and one in 1,200 such a repetition.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/cpp20.hpp>
#include <pupil/core/errors.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// English words that a caption does not end with: articles, prepositions, conjunctions, auxiliaries, and words such as
/// "his". Those that people do end captions with are not among them, because they are something else there: adverbs in
/// "a man walks by", "a boy plays outside", nouns in "a garbage can".
inline constexpr auto unfinished_endings = std::to_array<std::string_view>({
    // articles, and what stands in their place
    "a", "an", "the", "his", "its", "their", "my", "your", "our", "every",
    // prepositions
    "of", "in", "on", "at", "to", "with", "for", "from", "into", "onto", "upon", "between", "among", "against",
    "across", "through", "toward", "towards", "beside", "during", "without", "within", "near", "along", "alongside",
    "until", "since", "beneath", "before", "after", "like", "than",
    // conjunctions
    "and", "or", "but", "nor", "as", "because", "although", "if", "when", "where", "while", "that",
    // auxiliaries
    "is", "are", "was", "were", "am", "be", "been", "being", "has", "have", "had", "having", "do", "does", "did",
    "will", "would", "could", "should", "may", "must",  //
});

/// Whether the caption stops in the middle: "a dog is running with a". "People look on" does not, whatever form of
/// "look" it is.
inline bool has_bad_ending(const Sentence& caption) {
  if (caption.empty() || std::ranges::find(unfinished_endings, caption.back()) == unfinished_endings.end()) {
    return false;
  }
  const bool looks_on = caption.back() == "on" && caption.size() > 1 && caption[caption.size() - 2].starts_with("look");
  return !looks_on;
}

namespace detail {

/// Whether the `length` words from `first` on are the same as those from `second` on.
inline bool same_phrase(const Sentence& caption, std::size_t first, std::size_t second, std::size_t length) {
  const auto at = [&](std::size_t place) { return caption.begin() + static_cast<std::ptrdiff_t>(place); };
  return second + length <= caption.size() && std::equal(at(first), at(first + length), at(second));
}

/// Whether a phrase of so many words is not said again on the other side of this word: "a dog and a dog".
inline bool joins_repetition(std::string_view word, std::size_t length) {
  constexpr std::array<std::string_view, 6> prepositions{"with", "of", "in", "on", "at", "as"};
  if (word == "and" || word == "or") return true;
  return length > 1 && std::ranges::find(prepositions, word) != prepositions.end();  // "hand in hand" is an idiom
}

/// Whether the phrase of `length` words from `first` on is said again in one of the ways below.
inline bool is_said_again(const Sentence& caption, std::size_t first, std::size_t length) {
  constexpr std::size_t long_phrase = 5;
  const std::size_t behind = first + length;
  if (same_phrase(caption, first, behind, length)) return true;
  if (same_phrase(caption, first, behind + 1, length) && joins_repetition(caption[behind], length)) return true;
  if (length != long_phrase) return false;  // a longer one has one of this length in it
  for (std::size_t second = behind; second + length <= caption.size(); ++second) {
    if (same_phrase(caption, first, second, length)) return true;
  }
  return false;
}

}  // namespace detail

/// Whether the caption says something twice: a word or phrase twice in a row ("the the", "in the snow in the snow");
/// twice around "and" or "or" ("a dog and a dog", "black and black"); two words or more twice around "with", "of",
/// "in", "on", "at" or "as" ("a man with a man"); or five words or more twice anywhere.
inline bool has_repetition(const Sentence& caption) {
  for (std::size_t length = 1; 2 * length <= caption.size(); ++length) {
    for (std::size_t first = 0; first + 2 * length <= caption.size(); ++first) {
      if (detail::is_said_again(caption, first, length)) return true;
    }
  }
  return false;
}

/// What is counted in a set of captions.
struct CaptionStatistics {
  std::size_t captions = 0;
  double mean_length = 0;             ///< in words
  std::size_t distinct_captions = 0;  ///< two with the same words are one
  std::size_t distinct_words = 0;
  std::size_t bad_endings = 0;                  ///< captions for which `has_bad_ending` holds
  std::size_t repetitions = 0;                  ///< captions for which `has_repetition` holds
  std::optional<std::size_t> seen_in_training;  ///< captions that were trained on, word for word, where these are known
};

/// Counts in captions as `tokenize` makes them. `training`: the captions that were trained on; none, where they are not
/// known. Throws Error where there is no caption.
inline CaptionStatistics caption_statistics(const std::vector<Sentence>& captions,
                                            const std::optional<std::vector<Sentence>>& training = {}) {
  require<Error>(!captions.empty(), "caption_statistics: no caption");
  CaptionStatistics statistics;
  statistics.captions = captions.size();
  std::set<std::string_view> words;
  std::size_t length = 0;
  for (const Sentence& caption : captions) {
    length += caption.size();
    words.insert(caption.begin(), caption.end());
    statistics.bad_endings += has_bad_ending(caption) ? 1 : 0;
    statistics.repetitions += has_repetition(caption) ? 1 : 0;
  }
  statistics.mean_length = static_cast<double>(length) / static_cast<double>(captions.size());
  statistics.distinct_captions = std::set<Sentence>(captions.begin(), captions.end()).size();
  statistics.distinct_words = words.size();
  if (training) {
    const std::set<Sentence> seen(training->begin(), training->end());
    const auto was_seen = [&](const Sentence& caption) { return seen.contains(caption); };
    statistics.seen_in_training = static_cast<std::size_t>(std::ranges::count_if(captions, was_seen));
  }
  return statistics;
}

}  // namespace pupil::captioning
