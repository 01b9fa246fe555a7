#pragma once
// share_statistics: batch norms whose batch is shared out. Each of several processes, or whatever else computes a part
// of a batch, normalizes its part by the mean and the variance of the whole. For MPI see
// pupil/distributed/sync_batch_norm.hpp.

#include <functional>
#include <span>
#include <utility>

#include <pupil/nn/parameter.hpp>

namespace pupil {

/// Makes every number the sum of those that all who have a part give in its place, the same bits for all. All of them
/// call it, equally often and with as many numbers.
using SumOfParts = std::function<void(std::span<double>)>;

/// The visitor from which batch norms take it. It sees parameters, as every visitor does, and leaves them alone.
struct StatisticsSharer {
  SumOfParts sum;

  template <class Item>
  void operator()(const Name&, Item&) const {}
};

/// From now on, batch norms of this model take statistics, in training, of the parts of all together, and so do their
/// gradients; without a `sum`, of their own part alone, as they began. A copy of the model does as it does.
///
/// All parts run the same layers in the same order, and each has at least one row. The gradients that backward is given
/// are of one measure: of a loss that is a sum over examples, or that all divide by the same number. Gradients of
/// weights stay those of a part, as those of other layers do: add them.
///
/// With frozen statistics there is nothing to share.
template <class Model>
void share_statistics(Model& model, SumOfParts sum) {
  StatisticsSharer sharer{std::move(sum)};
  model.visit(sharer);
}

}  // namespace pupil
