#pragma once
// BLEU-1 to BLEU-4 over a corpus (Papineni et al. 2002), as coco-caption's bleu_scorer.py computes it, which takes the
// closest reference length.
//
// For n-grams of k words, summed over all images,
//
//     correct_k = sum of min(count in the candidate, largest count in one of its references)
//     guess_k   = number of n-grams in the candidate
//     p_k       = (correct_k + tiny) / (guess_k + small)
//
// With c the words of all candidates, and r the sum over images of the reference length closest to the candidate's (the
// shorter of two equally close ones), and ratio = (c + tiny) / (r + small),
//
//     BLEU-n = (p_1 ... p_n)^(1/n) * min(1, exp(1 - 1 / ratio))
//
// tiny = 1e-15 and small = 1e-9 keep it from dividing by zero: a corpus without one correct 4-gram has a BLEU-4 of
// about 1e-4, not 0.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <pupil/metrics/caption_corpus.hpp>
#include <pupil/metrics/ngrams.hpp>

namespace pupil::captioning {

namespace detail {

/// What BLEU counts in the candidates of a corpus.
struct BleuCounts {
  std::array<std::size_t, longest_ngram> correct{};
  std::array<std::size_t, longest_ngram> guess{};
  std::size_t candidate_length = 0;
  std::size_t reference_length = 0;
};

inline std::size_t closest_reference_length(const CaptionedImage& image) {
  const std::size_t length = image.candidate.words.size();
  const auto distance_then_length = [&](const NumberedSentence& reference) {
    const std::size_t other = reference.words.size();
    return std::pair(std::max(length, other) - std::min(length, other), other);
  };
  return std::ranges::min(image.references, {}, distance_then_length).words.size();
}

inline std::int32_t largest_count(std::int32_t ngram, std::size_t n, const std::vector<NumberedSentence>& references) {
  std::int32_t largest = 0;
  for (const NumberedSentence& reference : references) {
    largest = std::max(largest, count_of(ngram, reference.ngrams[n - 1]));
  }
  return largest;
}

inline void add_image(const CaptionedImage& image, BleuCounts& counts) {
  counts.candidate_length += image.candidate.words.size();
  counts.reference_length += closest_reference_length(image);
  for (std::size_t n = 1; n <= longest_ngram; ++n) {
    for (const auto [ngram, count] : image.candidate.ngrams[n - 1]) {
      counts.guess[n - 1] += static_cast<std::size_t>(count);
      counts.correct[n - 1] += static_cast<std::size_t>(std::min(count, largest_count(ngram, n, image.references)));
    }
  }
}

}  // namespace detail

/// BLEU-1, -2, -3 and -4 of the corpus, each from 0 to 1.
inline std::array<double, longest_ngram> bleu(const CaptionCorpus& corpus) {
  constexpr double tiny = 1e-15;
  constexpr double small = 1e-9;
  detail::BleuCounts counts;
  for (const CaptionedImage& image : corpus.images()) detail::add_image(image, counts);

  const double ratio =
      (static_cast<double>(counts.candidate_length) + tiny) / (static_cast<double>(counts.reference_length) + small);
  const double brevity_penalty = ratio < 1 ? std::exp(1 - 1 / ratio) : 1.0;

  std::array<double, longest_ngram> scores{};
  double product = 1;
  for (std::size_t n = 1; n <= longest_ngram; ++n) {
    product *= (static_cast<double>(counts.correct[n - 1]) + tiny) / (static_cast<double>(counts.guess[n - 1]) + small);
    scores[n - 1] = std::pow(product, 1.0 / static_cast<double>(n)) * brevity_penalty;
  }
  return scores;
}

}  // namespace pupil::captioning
