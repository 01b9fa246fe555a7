#pragma once
// Batch norms over all ranks: with few images a rank, the mean and the variance of a rank's own are noise.
// PyTorch's twin is torch.nn.SyncBatchNorm.convert_sync_batchnorm.
//
//   const auto ranks = Communicator::world();
//   synchronize_batch_norms(net, ranks);
//   DistributedGradients<float> gradients(ranks, net);
//   ...

#include <span>

#include <pupil/distributed/communicator.hpp>
#include <pupil/nn/share_statistics.hpp>

namespace pupil {

/// Every batch norm of the model shares its statistics with those of the other ranks; see share_statistics for what
/// that asks of batches and losses. An all-reduce of 2 num_features + 1 numbers a layer and forward, of 2 num_features
/// a layer and backward, in which each rank waits for the slowest. Collective, as is every training pass from then on;
/// inference is not. The model keeps a communicator of its own, so gradients may be on their way meanwhile.
template <class Model>
void synchronize_batch_norms(Model& model, const Communicator& communicator) {
  const Communicator own = communicator.duplicate();
  if (own.is_alone()) return share_statistics(model, {});
  share_statistics(model, [own](std::span<double> numbers) { own.all_reduce_sum(numbers); });
}

}  // namespace pupil
