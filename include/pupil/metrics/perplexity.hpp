#pragma once
// Perplexity: among how many equally likely words a language model hesitates,
//
//   exp( (1 / N) sum over rows of -ln softmax(logits)_target )     over the N rows that are not ignored

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/metrics/class_labels.hpp>

namespace pupil {

/// The perplexity of several batches, from their losses: `perplexity.add(loss.value, loss.count)` with what
/// softmax_cross_entropy gives without label smoothing and class weights.
class Perplexity {
 public:
  /// Takes note of a mean cross entropy, in nats, over so many targets. Throws OptionError for a negative number.
  void add(double mean, Index count) {
    require<OptionError>(count >= 0, "perplexity: the mean of ", count, " targets");
    if (count > 0) sum_ += mean * static_cast<double>(count);
    count_ += count;
  }

  /// 1 where there is no target: nothing was hesitated at.
  double value() const { return count_ == 0 ? 1 : std::exp(sum_ / static_cast<double>(count_)); }
  Index count() const { return count_; }

 private:
  double sum_ = 0;
  Index count_ = 0;
};

namespace detail {

/// -ln softmax(row)_target, in double.
template <class T>
double surprise(const T* row, Index classes, Index target) {
  const auto largest = static_cast<double>(*std::max_element(row, row + classes));
  double sum = 0;
  for (Index c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c]) - largest);
  return std::log(sum) + largest - static_cast<double>(row[target]);
}

}  // namespace detail

/// The perplexity of logits [..., classes] with targets [...]; 1 where all are ignored. Throws ShapeError where there
/// is not one target a row, IndexError for a target that is no class.
template <class T, std::size_t Rank>
requires(Rank >= 2) double perplexity(const Tensor<T, Rank>& logits, const Tensor<std::int32_t, Rank - 1>& targets,
                                      const ClassMetricOptions& options = {}) {
  detail::check_class_labels("perplexity", logits, targets, options);
  Tensor<double, 1> surprises({targets.size()});
  parallel_ranges(targets.size(), rows_a_range(logits.columns()), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      if (targets[r] != options.ignored_target) {
        surprises[r] = detail::surprise(logits.row(r), logits.columns(), targets[r]);
      }
    }
  });
  double sum = 0;
  for (const double one : surprises) sum += one;
  const Index count = targets.size() - std::count(targets.begin(), targets.end(), options.ignored_target);
  return count == 0 ? 1 : std::exp(sum / static_cast<double>(count));
}

}  // namespace pupil
