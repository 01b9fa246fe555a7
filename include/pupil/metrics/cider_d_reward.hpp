#pragma once
// CIDEr-D as the reward of training on the metric (Rennie et al. 2017, "Self-critical sequence training for image
// captioning"): thousands of sampled captions a second, as word ids, against references that are prepared once.
//
// It is the CIDEr-D of cider_d.hpp, with what self-critical training needs otherwise:
//
//   - Document frequencies, and the number of images N, are those of the images that it was made for, the train split,
//     whichever of them are rewarded.
//   - The end is a word: it stands behind every reference, and behind every candidate that says it. A candidate that is
//     cut at the longest length has none, and loses what its n-grams with the end are worth. Without that, a caption
//     that stops at "with a" would lose nothing, and a model soon learns so.
//   - In references, all words outside of the vocabulary are one word, Vocabulary::unknown. In a candidate that word
//     agrees with none: what it stands for was not said, so that to say it is no way to a reward.
//
// With c the weights of a candidate's n-grams, r those of a reference's, and norm_n as in cider_d.hpp,
//
//     similarity(c, r) = sum over n, g of min(c(g), r(g)) * share_r(g) * scale_n(c)
//
// where share_r(g) = r(g) / norm_n(r) is prepared, and scale_n(c) = 1 / norm_n(c), or 0 where the norm vanishes. The
// n-grams of both are in the order of their numbers, so that one walk along both finds what they share.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/metrics/ngrams.hpp>
#include <pupil/metrics/prepared_references.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// A caption that was sampled for an image.
struct SampledCaption {
  Index image = 0;                           ///< its place among the images that the reward was made for
  std::span<const std::int32_t> words = {};  ///< ids without the start; what stands behind the first end does not count
};

namespace detail {

/// An n-gram of a candidate that is in some reference of some image.
struct CandidateNgram {
  std::int32_t number;
  std::int32_t count;
  double scaled_idf;  ///< divided by the norm of the candidate's n-grams as long
};

/// How often the `n` words from `place` on are in the sentence; 0 where they are there before that place too, and so
/// were counted already. Captions are short: comparing is faster than hashing.
inline std::int32_t count_from_first(std::span<const std::int32_t> words, std::size_t place, std::size_t n) {
  const auto ngram = words.subspan(place, n);
  std::int32_t count = 0;
  for (std::size_t other = 0; other + n <= words.size(); ++other) {
    if (words[other] != ngram[0] || !std::ranges::equal(words.subspan(other, n), ngram)) continue;
    if (other < place) return 0;
    ++count;
  }
  return count;
}

}  // namespace detail

/// Rewards captions of a fixed set of images. Its memory is about 2 kB a reference.
class CiderDReward {
 public:
  using Words = detail::PreparedReferences::Words;

  /// `references[i]` are the captions of image i as ids, without start and end. Throws Error where there is no image,
  /// or where one has no reference.
  explicit CiderDReward(const std::vector<std::vector<Words>>& references) : references_(references) {}

  /// The same of captions as `tokenize` makes them.
  CiderDReward(const std::vector<std::vector<Sentence>>& references, const Vocabulary& vocabulary)
      : CiderDReward(encoded(references, vocabulary)) {}

  Index images() const { return static_cast<Index>(references_.of_image().size()); }

  /// The CIDEr-D of each caption, from 0 to 10, in their order: the same bits for any number of threads. Throws
  /// IndexError where a caption is of an image that is not there.
  std::vector<double> operator()(std::span<const SampledCaption> captions) const {
    std::size_t longest = 0;
    for (const SampledCaption& caption : captions) {
      require<IndexError>(caption.image >= 0 && caption.image < images(), "cider_d_reward: image ", caption.image,
                          " is outside the ", images(), " images");
      longest = std::max(longest, until_end(caption.words).size());
    }
    std::vector<double> rewards(captions.size());
    ThreadScratch<std::int32_t> numbers(static_cast<Index>(longest));
    ThreadScratch<detail::CandidateNgram> ngrams(static_cast<Index>(longest_ngram * longest));
    constexpr Index captions_an_item = 8;
    parallel_ranges(static_cast<Index>(captions.size()), captions_an_item, [&](Index begin, Index end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        rewards[i] = reward(captions[i], numbers.mine(), ngrams.mine());
      }
    });
    return rewards;
  }

 private:
  /// The words up to the first end, and with it.
  static std::span<const std::int32_t> until_end(std::span<const std::int32_t> words) {
    const auto end = std::ranges::find(words, Vocabulary::end);
    return words.first(static_cast<std::size_t>(end - words.begin()) + (end == words.end() ? 0 : 1));
  }

  static std::vector<std::vector<Words>> encoded(const std::vector<std::vector<Sentence>>& references,
                                                 const Vocabulary& vocabulary) {
    std::vector<std::vector<Words>> ids(references.size());
    for (std::size_t i = 0; i < references.size(); ++i) {
      for (const Sentence& reference : references[i]) ids[i].push_back(vocabulary.encode(reference));
    }
    return ids;
  }

  /// Both buffers have room for the longest caption.
  double reward(const SampledCaption& caption, std::int32_t* numbers, detail::CandidateNgram* ngrams) const {
    const auto words = until_end(caption.words);
    const std::span<const detail::CandidateNgram> candidate(ngrams, find_ngrams(words, numbers, ngrams));
    const auto& references = references_.of_image()[static_cast<std::size_t>(caption.image)];
    double sum = 0;
    for (const detail::PreparedReference& reference : references) {
      constexpr double sigma = 6;
      const double difference = static_cast<double>(words.size()) - reference.length;
      sum += similarity(candidate, reference.ngrams) * std::exp(-square(difference) / (2 * sigma * sigma));
    }
    return 10 * sum / longest_ngram / static_cast<double>(references.size());
  }

  /// Writes those of the words' n-grams that are in a reference, in the order of their numbers. Returns how many.
  std::size_t find_ngrams(std::span<const std::int32_t> words, std::int32_t* numbers,
                          detail::CandidateNgram* ngrams) const {
    std::size_t found = 0;
    std::fill_n(numbers, words.size(), NgramTable::empty);  // of what begins at each word; it grows by a word a round
    for (std::size_t n = 1; n <= std::min(longest_ngram, words.size()); ++n) {
      const std::size_t shorter = found;
      double squares = 0;
      for (std::size_t place = 0; place + n <= words.size(); ++place) {
        const std::int32_t last = words[place + n - 1];
        numbers[place] =
            last == Vocabulary::unknown ? NgramTable::none : references_.table().find(numbers[place], last);
        const std::int32_t count = detail::count_from_first(words, place, n);
        if (count == 0) continue;
        const double weight = references_.idf(numbers[place]);
        squares += square(count * weight);
        if (numbers[place] != NgramTable::none) ngrams[found++] = {numbers[place], count, weight};
      }
      for (std::size_t i = shorter; i < found; ++i) ngrams[i].scaled_idf *= detail::inverse_norm(squares);
    }
    std::ranges::sort(std::span(ngrams, found), {}, &detail::CandidateNgram::number);
    return found;
  }

  static double similarity(std::span<const detail::CandidateNgram> candidate,
                           std::span<const detail::ReferenceNgram> reference) {
    double sum = 0;
    auto theirs = reference.begin();
    for (const detail::CandidateNgram& ngram : candidate) {
      while (theirs != reference.end() && theirs->number < ngram.number) ++theirs;
      if (theirs == reference.end()) break;
      if (theirs->number != ngram.number) continue;
      sum += std::min(ngram.count, theirs->count) * ngram.scaled_idf * theirs->share;
    }
    return sum;
  }

  static double square(double number) { return number * number; }

  detail::PreparedReferences references_;
};

}  // namespace pupil::captioning
