#pragma once
// Softmax cross entropy: how surprised a model is by the true classes, and the gradient of that. PyTorch's twin is
// nn.CrossEntropyLoss. For a row of C logits x with the target y,
//
//   L = (1 / D) sum over rows and classes of -a_c ln softmax(x)_c      dL/dx = ((sum of a_c) softmax(x) - a) / D
//
//   a_c = (1 - s) w_y [c = y] + s w_c / C        s: label_smoothing (Szegedy et al., 2015)      w: class_weights
//
// so that without either a is 1 at the target and 0 elsewhere. D is the sum of w_y over the targets y that are not
// ignored, which without weights is their number, or a number that the caller gives.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>
#include <pupil/nn/loss.hpp>

namespace pupil {

struct SoftmaxCrossEntropyOptions {
  std::int32_t ignored_target = -1;        ///< rows with this target count for nothing
  std::optional<double> divisor = {};      ///< D: 1 gives the sum; a common one lets the parts of a batch be added
  double label_smoothing = 0;              ///< how much of every target is spread over all classes alike
  std::vector<double> class_weights = {};  ///< one a class; none: all are 1
};

namespace detail {

/// Whether Targets can be the targets of logits of this rank.
template <class Targets, std::size_t Rank>
inline constexpr bool are_targets = std::convertible_to<const Targets&, Tensor<std::int32_t, Rank - 1>>;

template <class T, std::size_t Rank>
void check_targets(const Tensor<T, Rank>& logits, const Tensor<std::int32_t, Rank - 1>& targets,
                   std::int32_t ignored_target) {
  Shape<Rank - 1> rows;
  std::copy_n(logits.shape().begin(), Rank - 1, rows.dims.begin());
  require<ShapeError>(targets.shape() == rows, "softmax_cross_entropy: the targets ", targets.shape(),
                      " do not fit the logits ", logits.shape());
  const auto classes = logits.columns();
  const auto* const wrong = std::find_if(targets.begin(), targets.end(), [&](std::int32_t target) {
    return target != ignored_target && (target < 0 || target >= classes);
  });
  if (wrong != targets.end()) {
    throw IndexError(message("softmax_cross_entropy: target ", *wrong, " of row ", wrong - targets.begin(),
                             " is not one of the ", classes, " classes"));
  }
}

inline void check_options(const SoftmaxCrossEntropyOptions& options, Index classes) {
  const auto& weights = options.class_weights;
  require<OptionError>(!options.divisor || *options.divisor > 0, "softmax_cross_entropy: the divisor ",
                       options.divisor.value_or(0), " is not positive");
  require<OptionError>(options.label_smoothing >= 0 && options.label_smoothing <= 1,
                       "softmax_cross_entropy: the label smoothing ", options.label_smoothing, " is not in [0, 1]");
  require<ShapeError>(weights.empty() || static_cast<Index>(weights.size()) == classes,
                      "softmax_cross_entropy: ", weights.size(), " class weights for ", classes, " classes");
  const auto wrong = std::find_if(weights.begin(), weights.end(), [](double weight) { return !(weight >= 0); });
  if (wrong != weights.end()) {
    throw OptionError(message("softmax_cross_entropy: the weight ", *wrong, " of class ", wrong - weights.begin(),
                              " is not a number from 0 on"));
  }
}

/// Computes one row after another: the a of the header comment, and what it makes of a row.
template <class T>
class CrossEntropyRows {
 public:
  CrossEntropyRows(const SoftmaxCrossEntropyOptions& options, Index classes) : options_(options) {
    if (options.label_smoothing == 0) return;
    spread_ = Tensor<T, 1>::uninitialized({classes});
    for (Index c = 0; c < classes; ++c) {
      spread_[c] = static_cast<T>(options.label_smoothing * weight(c) / static_cast<double>(classes));
      spread_sum_ += static_cast<double>(spread_[c]);
    }
  }

  /// w_c
  double weight(Index c) const {
    return options_.class_weights.empty() ? 1 : options_.class_weights[static_cast<std::size_t>(c)];
  }

  /// Returns the loss of a row of logits and makes it `scale` times its gradient.
  T operator()(T* row, Index classes, Index target, T scale) const {
    const auto target_weight = static_cast<T>((1 - options_.label_smoothing) * weight(target));
    if (spread_.empty()) return target_weight * kernels::cross_entropy_row(row, classes, target, scale * target_weight);
    return kernels::smoothed_cross_entropy_row(row, classes, target, target_weight, spread_.data(),
                                               static_cast<T>(spread_sum_), scale);
  }

 private:
  const SoftmaxCrossEntropyOptions& options_;
  Tensor<T, 1> spread_;  // s w_c / C; empty without smoothing
  double spread_sum_ = 0;
};

}  // namespace detail

/// The mean cross entropy of logits [..., classes] and targets [...], and its gradient, for which the memory of the
/// logits is used: move them in. Ignored rows have a gradient of 0; where all are ignored, the value is 0 too. Losses
/// are added in double, row by row. Throws ShapeError where the shapes or the number of weights do not fit, IndexError
/// for a target that is no class, OptionError for a divisor that is not positive, a smoothing outside [0, 1] or a
/// negative weight.
template <class T, std::size_t Rank>
requires(Rank >= 2) Loss<T, Rank> softmax_cross_entropy(Tensor<T, Rank> logits,
                                                        const Tensor<std::int32_t, Rank - 1>& targets,
                                                        const SoftmaxCrossEntropyOptions& options = {}) {
  const Index classes = logits.columns();
  detail::check_targets(logits, targets, options.ignored_target);
  detail::check_options(options, classes);
  const detail::CrossEntropyRows<T> compute(options, classes);
  Index count = 0;
  double weight_sum = 0;
  for (const std::int32_t target : targets) {
    if (target == options.ignored_target) continue;
    ++count;
    weight_sum += compute.weight(target);
  }
  const double divisor = options.divisor.value_or(weight_sum > 0 ? weight_sum : 1);

  auto losses = Tensor<T, 1>::uninitialized({targets.size()});
  parallel_ranges(targets.size(), rows_a_range(classes),
                  [&, scale = static_cast<T>(1 / divisor)](Index begin, Index end) {
                    for (Index r = begin; r < end; ++r) {
                      T* const row = logits.row(r);
                      if (targets[r] == options.ignored_target) {
                        losses[r] = 0;
                        std::fill_n(row, classes, T{0});
                      } else {
                        losses[r] = compute(row, classes, targets[r], scale);
                      }
                    }
                  });
  double sum = 0;
  for (const T loss : losses) sum += static_cast<double>(loss);
  return {static_cast<T>(sum / divisor), std::move(logits), count};
}

/// With anything else for targets it does not compile.
template <class T, std::size_t Rank, class Targets>
requires(Rank >= 2 && !detail::are_targets<Targets, Rank>) Loss<T, Rank> softmax_cross_entropy(
    const Tensor<T, Rank>&, const Targets&, const SoftmaxCrossEntropyOptions& = {}) {
  static_assert(detail::are_targets<Targets, Rank>,
                "softmax_cross_entropy: the targets of logits [..., classes] are numbers of classes [...], in a "
                "Tensor<std::int32_t, Rank - 1>");
}

}  // namespace pupil
