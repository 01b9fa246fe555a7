#pragma once
// Features that several ranks make together.

#include <span>

#include <pupil/core/function_ref.hpp>
#include <pupil/data/feature_extraction.hpp>

#include "../ranks/ranks.hpp"

namespace captioner {

/// The ranks encode a batch each in turn, and the first gets the features of all. Batches are those that one rank alone
/// would make, and so are the features.
class SharedFeatures {
 public:
  /// `features_of(rows)` makes those of a batch.
  SharedFeatures(const Ranks& ranks, pupil::Index batch_size, pupil::captioning::FeatureSource features_of)
      : ranks_(ranks), batch_size_(batch_size), features_of_(features_of) {}

  /// On the first rank: of as many batches as there are ranks, or fewer.
  pupil::captioning::ExtractedFeatures features_of(std::span<const pupil::Index> rows) const;

  /// On the others: to the end of rounds.
  void take_part() const;

 private:
  /// Of a round's rows, those of this rank.
  std::span<const pupil::Index> own(std::span<const pupil::Index> rows) const;

  const Ranks& ranks_;
  pupil::Index batch_size_;
  pupil::captioning::FeatureSource features_of_;
};

}  // namespace captioner
