#pragma once
// Softmax cross entropy: how surprised a model is by the true classes, and the gradient of that. PyTorch's twin is
// nn.CrossEntropyLoss.
//
//   L = (1 / D) sum over rows of -ln softmax(logits)_target      dL/dlogits = (softmax(logits) - onehot(target)) / D
//
// D is the number of targets that are not ignored, or a number that the caller gives.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/softmax.hpp>

namespace pupil {

struct SoftmaxCrossEntropyOptions {
  std::int32_t ignored_target = -1;    ///< rows with this target count for nothing
  std::optional<double> divisor = {};  ///< D: 1 gives the sum; a common one lets the parts of a batch be added
};

/// What a loss function returns.
template <class T, std::size_t Rank>
struct Loss {
  T value = 0;
  Tensor<T, Rank> gradient;  ///< of the value, with respect to what the loss was computed from
  Index count = 0;           ///< how many targets were not ignored
};

namespace detail {

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

}  // namespace detail

/// The mean cross entropy of logits [..., classes] and targets [...], and its gradient, for which the memory of the
/// logits is used: move them in. Ignored rows have a gradient of 0; where all are ignored, the value is 0 too. Losses
/// are added in double, row by row. Throws ShapeError where the shapes do not fit, IndexError for a target that is no
/// class, OptionError for a divisor that is not positive.
template <class T, std::size_t Rank>
requires(Rank >= 2) Loss<T, Rank> softmax_cross_entropy(Tensor<T, Rank> logits,
                                                        const Tensor<std::int32_t, Rank - 1>& targets,
                                                        const SoftmaxCrossEntropyOptions& options = {}) {
  detail::check_targets(logits, targets, options.ignored_target);
  require<OptionError>(!options.divisor || *options.divisor > 0, "softmax_cross_entropy: the divisor ",
                       options.divisor.value_or(0), " is not positive");
  const Index count = targets.size() - std::count(targets.begin(), targets.end(), options.ignored_target);
  const double divisor = options.divisor.value_or(static_cast<double>(std::max<Index>(count, 1)));
  const T scale = static_cast<T>(1 / divisor);
  const Index classes = logits.columns();

  auto losses = Tensor<T, 1>::uninitialized({targets.size()});
  parallel_ranges(targets.size(), rows_a_range(classes), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      T* const row = logits.row(r);
      if (targets[r] == options.ignored_target) {
        losses[r] = 0;
        std::fill_n(row, classes, T{0});
      } else {
        losses[r] = kernels::cross_entropy_row(row, classes, targets[r], scale);
      }
    }
  });
  double sum = 0;
  for (const T loss : losses) sum += static_cast<double>(loss);
  return {static_cast<T>(sum / divisor), std::move(logits), count};
}

}  // namespace pupil
