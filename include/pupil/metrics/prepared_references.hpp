#pragma once
// The references of a set of images, prepared once so that many captions can be compared with them
// (cider_d_reward.hpp): every n-gram has a number and an inverse document frequency, and every reference the weights of
// its n-grams.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/metrics/ngrams.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning::detail {

/// An n-gram of a reference.
struct ReferenceNgram {
  std::int32_t number;
  std::int32_t count;
  double share;  ///< its weight in the reference, divided by the norm of those as long
};

/// A caption that a person wrote.
struct PreparedReference {
  std::vector<ReferenceNgram> ngrams;  ///< of all lengths, in the order of their numbers
  double length;                       ///< in words, the end one of them
};

/// 1 / norm by the sum of the squares, or 0 where the norm vanishes.
inline double inverse_norm(double squares) { return squares == 0 ? 0 : 1 / std::sqrt(squares); }

/// All of them, by image.
class PreparedReferences {
 public:
  using Words = std::vector<std::int32_t>;

  /// `references[i]` are the captions of image i as ids, without start and end; an end is put behind each. Throws Error
  /// where there is no image, or where one has no reference.
  explicit PreparedReferences(const std::vector<std::vector<Words>>& references) {
    require<Error>(!references.empty(), "cider_d_reward: no image");
    for (std::size_t i = 0; i < references.size(); ++i) {
      require<Error>(!references[i].empty(), "cider_d_reward: image ", i, " of ", references.size(),
                     " has no reference");
    }
    std::vector<std::vector<Counts>> counts;
    counts.reserve(references.size());
    for (const auto& of_image : references) counts.push_back(count(of_image));
    weigh(counts);
    of_image_.resize(references.size());
    for (std::size_t i = 0; i < references.size(); ++i) {
      for (std::size_t r = 0; r < references[i].size(); ++r) {
        of_image_[i].push_back({shares(counts[i][r]), static_cast<double>(references[i][r].size() + 1)});
      }
    }
  }

  const std::vector<std::vector<PreparedReference>>& of_image() const { return of_image_; }

  /// Of all n-grams of the references.
  const NgramTable& table() const { return table_; }

  /// The inverse document frequency of an n-gram by its number; of one that is in no reference it is that of one image.
  double idf(std::int32_t ngram) const {
    return ngram == NgramTable::none ? log_images_ : idf_[static_cast<std::size_t>(ngram)];
  }

 private:
  using Counts = std::array<NgramCounts, longest_ngram>;

  std::vector<Counts> count(const std::vector<Words>& references) {
    std::vector<Counts> counts;
    for (Words words : references) {
      words.push_back(Vocabulary::end);
      counts.push_back(count_ngrams(words, table_));
    }
    return counts;
  }

  /// Finds the inverse document frequencies.
  void weigh(const std::vector<std::vector<Counts>>& counts) {
    std::vector<double> images_with(table_.size(), 0.0);
    std::vector<std::size_t> counted_up_to(table_.size(), 0);  // the last image counted, from 1
    for (std::size_t i = 0; i < counts.size(); ++i) {
      for (const Counts& of_reference : counts[i]) {
        for (const NgramCounts& of_length : of_reference) {
          for (const auto [ngram, occurrences] : of_length) {
            const auto g = static_cast<std::size_t>(ngram);
            if (std::exchange(counted_up_to[g], i + 1) != i + 1) ++images_with[g];
          }
        }
      }
    }
    log_images_ = std::log(static_cast<double>(counts.size()));
    idf_.reserve(images_with.size());
    for (const double images : images_with) idf_.push_back(log_images_ - std::log(std::max(1.0, images)));
  }

  std::vector<ReferenceNgram> shares(const Counts& counts) const {
    std::vector<ReferenceNgram> ngrams;
    for (const NgramCounts& of_length : counts) {
      double squares = 0;
      for (const auto [ngram, count] : of_length) squares += count * idf(ngram) * count * idf(ngram);
      const double inverse = inverse_norm(squares);
      for (const auto [ngram, count] : of_length) ngrams.push_back({ngram, count, count * idf(ngram) * inverse});
    }
    std::ranges::sort(ngrams, {}, &ReferenceNgram::number);
    return ngrams;
  }

  NgramTable table_;
  std::vector<double> idf_;  // by the numbers of the n-grams
  double log_images_ = 0;
  std::vector<std::vector<PreparedReference>> of_image_;
};

}  // namespace pupil::captioning::detail
