#pragma once
// The processes that train one captioner together, or do other work, as mpirun or srun start them, each of them a rank;
// or one alone.
//
// Every operation of all ranks is called by all of them, in the same order. What MPI is behind this, only with_mpi.cpp
// knows: a program that was built without is always one rank alone (without_mpi.cpp).

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <pupil/core/function_ref.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/data/batch_share.hpp>
#include <pupil/models/captioner_training.hpp>
#include <pupil/nn/model_ref.hpp>

namespace captioner {

/// The gradients of batches that are cut into shards, of which every rank has as many. The sums over all shards do not
/// depend on which ranks have them (pupil/distributed/distributed_gradients.hpp).
class ShardedGradients {
 public:
  ShardedGradients() = default;
  ShardedGradients(const ShardedGradients&) = delete;
  ShardedGradients& operator=(const ShardedGradients&) = delete;
  virtual ~ShardedGradients() = default;

  virtual pupil::Index shards() const = 0;

  /// From now on, whether batch norms see the whole batch, or each shard its own part. For the whole a rank has one
  /// shard, and no shard is without images.
  virtual void share_statistics(bool whole) = 0;

  /// Calls `compute(shard, finished)` for each shard of this rank, with gradients of zero and the captioner as the step
  /// found it; random numbers of the captioner's layers are the shard's own. Then every gradient is the sum over all
  /// shards, the same bits on all ranks. A part of the captioner that was said to be `finished` is sent while the rest
  /// is computed; none needs to be.
  virtual void sum(pupil::FunctionRef<void(pupil::Index shard, pupil::FinishedPart finished)> compute) = 0;
};

class Ranks {
 public:
  Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  virtual ~Ranks() = default;

  /// The number of this process, from 0 on, and how many there are.
  virtual pupil::Index rank() const = 0;
  virtual pupil::Index size() const = 0;

  /// Whether this is the one that prints, and that writes the run's folder.
  bool is_first() const { return rank() == 0; }
  bool is_alone() const { return size() == 1; }

  /// How many ranks, this one included, compute on the same processors.
  virtual pupil::Index sharing_processors() const = 0;

  /// Returns when all ranks have come here.
  virtual void wait_for_all() const = 0;

  /// The bytes that each rank gives, in the order of ranks.
  virtual std::vector<std::string> gather(std::string_view bytes) const = 0;

  /// The same on the first rank, where it is of use; nothing on the others.
  virtual std::vector<std::string> gather_on_first(std::string_view bytes) const = 0;

  /// The bytes that the first rank gives.
  virtual std::string broadcast(std::string_view bytes) const = 0;

  /// Throws OptionError, naming both, where another rank has another value than rank 0.
  virtual void require_same(std::string_view name, const std::string& value) const = 0;

  /// Calls `work()`. What it throws on one of several ranks is said, with its number, and ends them all.
  virtual void run(pupil::FunctionRef<void()> work) const = 0;

  /// For steps of what is trained, whose batches are cut into so many shards, or into one a rank where it is 0; null
  /// where one rank alone has whole batches. Throws OptionError where the ranks cannot share them out equally.
  virtual std::unique_ptr<ShardedGradients> shard_gradients(pupil::captioning::TrainedPart<float> trained,
                                                            pupil::Index shards) const = 0;
};

/// This process by itself, whoever started it.
std::unique_ptr<const Ranks> one_rank();

/// The ranks that this process was started with.
std::unique_ptr<const Ranks> start_ranks();

/// The numbers of the shards of this rank, of so many that all ranks share out equally, as ShardedGradients does.
/// Throws OptionError where they cannot.
pupil::captioning::BatchRange shards_of_rank(const Ranks& ranks, pupil::Index shards);

/// As Ranks::require_same, for a list: of the lists their hashes are named.
void require_same_list(const Ranks& ranks, std::string_view name, const std::vector<std::string>& list);

/// Throws OptionError, which one rank says and all end with, where there are several: for a command that would do its
/// work as often as there are processes.
void require_one_rank(std::string_view command);

/// Without another choice of the user's, threads for its share of the processors that it was given with other ranks.
void share_processors(const Ranks& ranks);

/// Throws Interrupted on all ranks where one has noted an interruption.
void stop_together(const Ranks& ranks);

/// The values that each rank gives, in the order of ranks.
template <class Value>
std::vector<Value> gather_values(const Ranks& ranks, const std::vector<Value>& values) {
  static_assert(std::is_trivially_copyable_v<Value>);
  if (ranks.is_alone()) return values;
  std::vector<Value> all;
  for (const std::string& of_rank :
       ranks.gather({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)})) {
    const std::size_t first = all.size();
    all.resize(first + of_rank.size() / sizeof(Value));
    if (!of_rank.empty()) std::memcpy(&all[first], of_rank.data(), of_rank.size());
  }
  return all;
}

/// The sum of what all shards came to, in their order: this rank gives what its own did.
template <class Sums>
Sums sum_of_shards(const Ranks& ranks, const std::vector<Sums>& mine) {
  Sums total;
  for (const Sums& sums : gather_values(ranks, mine)) total += sums;
  return total;
}

}  // namespace captioner
