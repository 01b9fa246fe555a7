#pragma once
// What the metrics score: for every image one candidate, the caption to judge, and its references, the captions that
// people wrote. It is checked and turned into integers once, here, for all metrics.

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/metrics/ngrams.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// A sentence whose words are numbers, the same number for the same word all over the corpus.
struct NumberedSentence {
  std::vector<std::int32_t> words;
  std::array<NgramCounts, longest_ngram> ngrams;  ///< those of n words at [n - 1]
};

/// One image's caption to judge, and what to judge it by.
struct CaptionedImage {
  NumberedSentence candidate;
  std::vector<NumberedSentence> references;  ///< at least one
};

/// The images of an evaluation, at least one.
class CaptionCorpus {
 public:
  /// `candidates[i]` and `references[i]` belong to image i; the sentences as `tokenize` makes them. Empty sentences are
  /// allowed. Throws Error where there is no image, where the two differ in number, or where an image has no reference.
  CaptionCorpus(const std::vector<Sentence>& candidates, const std::vector<std::vector<Sentence>>& references) {
    check(candidates, references);
    std::unordered_map<std::string_view, std::int32_t> word_numbers;
    const auto numbered = [&](const Sentence& sentence) {
      std::vector<std::int32_t> words;
      words.reserve(sentence.size());
      for (const std::string_view word : sentence) {
        words.push_back(word_numbers.try_emplace(word, static_cast<std::int32_t>(word_numbers.size())).first->second);
      }
      auto ngrams = count_ngrams(words, ngrams_);
      return NumberedSentence{std::move(words), std::move(ngrams)};
    };
    images_.resize(candidates.size());
    for (std::size_t i = 0; i < images_.size(); ++i) {
      images_[i].candidate = numbered(candidates[i]);
      for (const Sentence& reference : references[i]) images_[i].references.push_back(numbered(reference));
    }
  }

  const std::vector<CaptionedImage>& images() const { return images_; }

  /// One more than the largest n-gram number in the corpus.
  std::size_t ngram_limit() const { return ngrams_.size(); }

 private:
  static void check(const std::vector<Sentence>& candidates, const std::vector<std::vector<Sentence>>& references) {
    require<Error>(candidates.size() == references.size(), "caption_corpus: ", candidates.size(),
                   " candidates, but references for ", references.size(), " images");
    require<Error>(!candidates.empty(), "caption_corpus: no image to evaluate");
    for (std::size_t i = 0; i < references.size(); ++i) {
      require<Error>(!references[i].empty(), "caption_corpus: image ", i, " of ", references.size(),
                     " has no reference");
    }
  }

  std::vector<CaptionedImage> images_;
  NgramTable ngrams_;
};

/// A metric that judges image by image.
struct ImageScores {
  std::vector<double> of_image;  ///< in the order of the corpus
  double mean;                   ///< over the images: the corpus's score
};

/// The score of each image in turn, and their mean.
template <class Score>
ImageScores score_each_image(const CaptionCorpus& corpus, Score&& score) {
  std::vector<double> scores;
  scores.reserve(corpus.images().size());
  for (const CaptionedImage& image : corpus.images()) scores.push_back(score(image));
  const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
  const double mean = sum / static_cast<double>(scores.size());
  return {std::move(scores), mean};
}

}  // namespace pupil::captioning
