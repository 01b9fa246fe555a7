#pragma once
// ROUGE-L (Lin 2004), as coco-caption's rouge.py computes it: an F score of the longest common subsequence.
//
// A candidate of m words and a reference of n, whose longest common subsequence has l words, have precision l / m and
// recall l / n. An image takes the largest of each over its references, be they from different ones:
//
//     ROUGE-L = (1 + beta^2) P R / (R + beta^2 P)      beta = 1.2, 0 where P or R is 0
//
// and the corpus has the mean over its images.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <pupil/metrics/caption_corpus.hpp>

namespace pupil::captioning {

/// The most words that both sentences have in the same order, others between them allowed.
inline std::size_t longest_common_subsequence(std::span<const std::int32_t> left, std::span<const std::int32_t> right) {
  // lengths[j]: the result for the words of `left` so far and the first j of `right`.
  std::vector<std::size_t> lengths(right.size() + 1, 0);
  for (const std::int32_t word : left) {
    std::size_t diagonal = 0;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t above = lengths[j];
      lengths[j] = word == right[j - 1] ? diagonal + 1 : std::max(above, lengths[j - 1]);
      diagonal = above;
    }
  }
  return lengths.back();
}

namespace detail {

inline double rouge_l_of_image(const CaptionedImage& image) {
  constexpr double beta_squared = 1.2 * 1.2;
  const std::vector<std::int32_t>& candidate = image.candidate.words;
  double precision = 0;
  double recall = 0;
  for (const NumberedSentence& reference : image.references) {
    // For coco-caption an empty sentence is one empty word, so that two of them agree.
    const bool both_empty = candidate.empty() && reference.words.empty();
    const std::size_t common = both_empty ? 1 : longest_common_subsequence(candidate, reference.words);
    const auto share_of = [&](const std::vector<std::int32_t>& words) {
      return static_cast<double>(common) / static_cast<double>(std::max<std::size_t>(words.size(), 1));
    };
    precision = std::max(precision, share_of(candidate));
    recall = std::max(recall, share_of(reference.words));
  }
  if (precision == 0 || recall == 0) return 0;
  return (1 + beta_squared) * precision * recall / (recall + beta_squared * precision);
}

}  // namespace detail

/// ROUGE-L of every image and of the corpus, from 0 to 1.
inline ImageScores rouge_l(const CaptionCorpus& corpus) { return score_each_image(corpus, detail::rouge_l_of_image); }

}  // namespace pupil::captioning
