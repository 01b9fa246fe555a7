#pragma once
// The loss of a policy that chose among classes and was rewarded: REINFORCE (Williams, "Simple statistical
// gradient-following algorithms for connectionist reinforcement learning", 1992). For a row of logits x, the class a
// that was drawn from softmax(x), and the advantage A, by how much better than expected the outcome was,
//
//   L = (1 / D) sum over rows of -A ln softmax(x)_a        dL/dx = (A / D) (softmax(x) - [c = a])
//
// so that what came out well becomes more probable. The advantage is a constant: it has no gradient.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>
#include <pupil/nn/loss.hpp>

namespace pupil {

/// The loss of logits [rows, classes] and the classes that were chosen [rows], with an advantage a row; D is `divisor`,
/// or the number of rows. The memory of the logits is used for the gradient: move them in. Throws ShapeError where the
/// numbers of rows differ, IndexError for a choice that is no class, NumericError for an advantage that is no finite
/// number.
template <class T>
Loss<T, 2> policy_gradient(Tensor<T, 2> logits, const Tensor<std::int32_t, 1>& chosen,
                           std::span<const double> advantages, std::optional<double> divisor = {}) {
  const Index rows = logits.rows(), classes = logits.columns();
  require<ShapeError>(chosen.size() == rows && static_cast<Index>(advantages.size()) == rows,
                      "policy_gradient: ", chosen.size(), " choices and ", advantages.size(), " advantages for logits ",
                      logits.shape());
  for (Index r = 0; r < rows; ++r) {
    require<IndexError>(chosen[r] >= 0 && chosen[r] < classes, "policy_gradient: choice ", chosen[r], " of row ", r,
                        " is not one of the ", classes, " classes");
    const double advantage = advantages[static_cast<std::size_t>(r)];
    require<NumericError>(std::isfinite(advantage), "policy_gradient: the advantage of row ", r, " is ", advantage);
  }
  auto losses = Tensor<T, 1>::uninitialized({rows});
  const double scale = 1 / divisor.value_or(static_cast<double>(std::max<Index>(rows, 1)));
  parallel_ranges(rows, rows_a_range(classes), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const double weight = scale * advantages[static_cast<std::size_t>(r)];
      losses[r] = static_cast<T>(weight) *
                  kernels::cross_entropy_row(logits.row(r), classes, Index{chosen[r]}, static_cast<T>(weight));
    }
  });
  double sum = 0;
  for (const T loss : losses) sum += static_cast<double>(loss);
  return {static_cast<T>(sum), std::move(logits), rows};
}

}  // namespace pupil
