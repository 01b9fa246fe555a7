#pragma once
// CIDEr-D (Vedantam, Zitnick, Parikh 2015), as coco-caption's cider_scorer.py computes it: how alike candidate and
// references are in their n-grams, where n-grams that are said of few images weigh more.
//
// With N images, and df(g) of them having the n-gram g in a reference,
//
//     weight of g in a sentence s:   s(g) = count of g in s * idf(g)      idf(g) = log N - log max(1, df(g))
//
// A candidate c and a reference r of an image have, for n-grams g of n words, a cosine whose candidate is clipped to
// the reference, so that repeating words does not pay, damped where the lengths |c| and |r| in words differ:
//
//     similarity_n(c, r) = sum_g min(c(g), r(g)) r(g) / (norm_n(c) norm_n(r)) * exp(-(|c| - |r|)^2 / (2 sigma^2))
//
// where norm_n is the Euclidean norm of the weights, sigma = 6, and a vanishing norm makes the similarity 0. The
// image's score is 10 times the mean of similarity_n over n = 1 ... 4 and the references; the corpus has the mean over
// its images. What is said of every image weighs nothing: a corpus of one image scores 0.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <pupil/metrics/caption_corpus.hpp>
#include <pupil/metrics/ngrams.hpp>

namespace pupil::captioning {

namespace detail {

/// For every n-gram number of the corpus, how many images have it in a reference.
inline std::vector<std::size_t> document_frequencies(const CaptionCorpus& corpus) {
  std::vector<std::size_t> frequencies(corpus.ngram_limit(), 0);
  std::vector<std::size_t> counted_up_to(corpus.ngram_limit(), 0);  // the last image counted, from 1
  std::size_t image_number = 0;
  for (const CaptionedImage& image : corpus.images()) {
    ++image_number;
    for (const NumberedSentence& reference : image.references) {
      for (const NgramCounts& counts : reference.ngrams) {
        for (const auto [ngram, count] : counts) {
          const auto g = static_cast<std::size_t>(ngram);
          if (counted_up_to[g] != image_number) ++frequencies[g];
          counted_up_to[g] = image_number;
        }
      }
    }
  }
  return frequencies;
}

/// Scores images by the document frequencies of their corpus.
class CiderD {
 public:
  explicit CiderD(const CaptionCorpus& corpus) {
    const double log_images = std::log(static_cast<double>(corpus.images().size()));
    for (const std::size_t frequency : document_frequencies(corpus)) {
      idf_.push_back(log_images - std::log(std::max(1.0, static_cast<double>(frequency))));
    }
  }

  double operator()(const CaptionedImage& image) const {
    double sum = 0;
    for (const NumberedSentence& reference : image.references) sum += similarity(image.candidate, reference);
    return 10 * sum / static_cast<double>(image.references.size());
  }

 private:
  double weight(std::int32_t ngram, std::int32_t count) const { return count * idf_[static_cast<std::size_t>(ngram)]; }

  /// The mean over n of similarity_n.
  double similarity(const NumberedSentence& candidate, const NumberedSentence& reference) const {
    constexpr double sigma = 6;
    double sum = 0;
    for (std::size_t n = 0; n < longest_ngram; ++n) sum += clipped_cosine(candidate.ngrams[n], reference.ngrams[n]);
    const double difference = static_cast<double>(candidate.words.size()) - static_cast<double>(reference.words.size());
    return sum / longest_ngram * std::exp(-difference * difference / (2 * sigma * sigma));
  }

  double clipped_cosine(const NgramCounts& candidate, const NgramCounts& reference) const {
    const double norms = norm(candidate) * norm(reference);
    if (norms == 0) return 0;
    double sum = 0;
    for (const auto [ngram, count] : candidate) {
      const double reference_weight = weight(ngram, count_of(ngram, reference));
      sum += std::min(weight(ngram, count), reference_weight) * reference_weight;
    }
    return sum / norms;
  }

  double norm(const NgramCounts& counts) const {
    double squares = 0;
    for (const auto [ngram, count] : counts) squares += weight(ngram, count) * weight(ngram, count);
    return std::sqrt(squares);
  }

  std::vector<double> idf_;  // by n-gram number
};

}  // namespace detail

/// CIDEr-D of every image and of the corpus, from 0 to 10.
inline ImageScores cider_d(const CaptionCorpus& corpus) { return score_each_image(corpus, detail::CiderD(corpus)); }

}  // namespace pupil::captioning
