#pragma once
// What every loss function returns, and what those of single numbers share: a mean over all elements, or over those
// that a mask lets through, and its gradient.
//
//   L = (1 / D) sum over i of loss(x_i, y_i)        dL/dx_i = (1 / D) slope(x_i, y_i)
//
// Losses are added in double, in an order that does not depend on threads.

#include <algorithm>
#include <optional>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>

namespace pupil {

/// What a loss function returns.
template <class T, std::size_t Rank>
struct Loss {
  T value = 0;
  Tensor<T, Rank> gradient;  ///< of the value, with respect to what the loss was computed from
  Index count = 0;           ///< how many targets were not ignored
};

struct ElementwiseLossOptions {
  std::optional<double> divisor = {};  ///< D: 1 gives the sum; else the number of elements that count
  /// For sequences [time, batch, ...]: the [time, batch] steps that count, as `steps_within` gives them. What stands in
  /// the others is not looked at, and its gradient is 0. Empty: everything counts.
  Tensor<bool, 2> mask = {};
};

namespace detail {

/// The loss and the slope of a group of elements.
template <class T>
struct LossLanes {
  kernels::Lanes<T> loss;
  kernels::Lanes<T> slope;
};

/// Overwrites predictions [begin, end) with their gradients and returns the sum of their losses.
/// `element(first, predictions, targets)` computes the group of elements that begins with number `first`.
template <class T, class Element>
double loss_of_range(T* predictions, const T* targets, Index begin, Index end, T scale, const Element& element) {
  double sum = 0;
  for (Index i = begin; i < end; i += kernels::lane_count) {
    const kernels::Lanes<T> x = kernels::load_lanes(predictions + i, end - i, T{0});
    const kernels::Lanes<T> y = kernels::load_lanes(targets + i, end - i, T{0});
    const LossLanes<T> result = element(i, x, y);
    sum += result.loss.head(std::min(kernels::lane_count, end - i)).template cast<double>().sum();
    kernels::store_lanes<T>(scale * result.slope, end - i, predictions + i);
  }
  return sum;
}

/// Throws ShapeError where the mask is not [time, batch] of predictions [time, batch, ...].
template <class T, std::size_t Rank>
void check_loss_mask(const char* name, const Tensor<T, Rank>& predictions, const Tensor<bool, 2>& mask) {
  bool fits = false;
  if constexpr (Rank >= 2) fits = predictions.dim(0) == mask.dim(0) && predictions.dim(1) == mask.dim(1);
  require<ShapeError>(fits, name, ": the mask ", mask.shape(), " does not fit the predictions ", predictions.shape());
}

/// The mean of `element` (see loss_of_range) over predictions and targets; `name` is for errors.
template <class T, std::size_t Rank, class Element>
Loss<T, Rank> elementwise_loss(const char* name, Tensor<T, Rank> predictions, const Tensor<T, Rank>& targets,
                               const ElementwiseLossOptions& options, const Element& element) {
  require<ShapeError>(predictions.shape() == targets.shape(), name, ": the targets ", targets.shape(),
                      " do not fit the predictions ", predictions.shape());
  require<OptionError>(!options.divisor || *options.divisor > 0, name, ": the divisor ", options.divisor.value_or(0),
                       " is not positive");
  const Tensor<bool, 2>& mask = options.mask;
  if (mask.shape() != Shape<2>{}) check_loss_mask(name, predictions, mask);

  // A step of the mask is a run of neighbouring elements; without a mask a run is as long as a thread likes it.
  const Index run = mask.empty() ? pointwise_grain : predictions.size() / mask.size();
  const Index runs = mask.empty() ? (predictions.size() + run - 1) / run : mask.size();
  const Index count = mask.empty() ? predictions.size() : run * std::count(mask.begin(), mask.end(), true);
  const double divisor = options.divisor.value_or(static_cast<double>(std::max<Index>(count, 1)));
  auto sums = Tensor<double, 1>::uninitialized({runs});
  parallel_ranges(runs, rows_a_range(run), [&, scale = static_cast<T>(1 / divisor)](Index first, Index last) {
    for (Index r = first; r < last; ++r) {
      const Index begin = r * run;
      const Index end = std::min(begin + run, predictions.size());
      if (mask.empty() || mask[r]) {
        sums[r] = loss_of_range(predictions.data(), targets.data(), begin, end, scale, element);
      } else {
        sums[r] = 0;
        std::fill(predictions.data() + begin, predictions.data() + end, T{0});
      }
    }
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return {static_cast<T>(sum / divisor), std::move(predictions), count};
}

}  // namespace detail

}  // namespace pupil
