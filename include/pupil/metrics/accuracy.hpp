#pragma once
// Accuracy: how often the class with the largest score is the right one, or how often the right one is among the k
// largest.

#include <cstddef>
#include <cstdint>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/metrics/class_labels.hpp>

namespace pupil {

struct AccuracyOptions {
  Index top_k = 1;                   ///< a row is right where its label is among so many largest scores
  std::int32_t ignored_target = -1;  ///< rows with this label count for nothing
};

namespace detail {

/// Whether fewer than k scores come before the label's: larger ones, and equal ones of classes before it. A NaN comes
/// before all.
template <class T>
bool is_among_largest(const T* scores, Index classes, Index label, Index k) {
  Index before = 0;
  for (Index c = 0; c < classes; ++c) {
    const bool stays_behind = c < label ? scores[c] < scores[label] : scores[c] <= scores[label];
    if (c != label && !stays_behind) ++before;
  }
  return before < k;
}

}  // namespace detail

/// The part of the rows of logits [..., classes] that are right, from 0 to 1; where no row counts, 0. Of equal scores
/// the first class is the larger, as in argmax. Of several batches, see ConfusionMatrix::accuracy. Throws ShapeError
/// where there is not one label a row, IndexError for a label that is no class, OptionError for a top_k less than 1.
template <class T, std::size_t Rank>
requires(Rank >= 2) double accuracy(const Tensor<T, Rank>& logits, const Tensor<std::int32_t, Rank - 1>& labels,
                                    const AccuracyOptions& options = {}) {
  require<OptionError>(options.top_k >= 1, "accuracy: top_k is ", options.top_k, ", must be at least 1");
  detail::check_class_labels("accuracy", logits, labels, {.ignored_target = options.ignored_target});
  Index right = 0, count = 0;
  for (Index r = 0; r < labels.size(); ++r) {
    if (labels[r] == options.ignored_target) continue;
    ++count;
    if (detail::is_among_largest(logits.row(r), logits.columns(), labels[r], options.top_k)) ++right;
  }
  return count == 0 ? 0 : static_cast<double>(right) / static_cast<double>(count);
}

}  // namespace pupil
