#pragma once
// ShardStart: what every shard of a batch begins with, whichever rank computes it and after which other shards.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <pupil/core/pool_allocator.hpp>
#include <pupil/core/random.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil::detail {

/// The buffers and generators of a model as a step finds them.
class ShardStart {
 public:
  void remember(const ModelRef& model) {
    buffers_.clear();
    generators_.clear();
    model.for_each(ItemKind::buffer, [&](const Name&, const ModelItem& item) {
      const std::span<const std::byte> bytes = item.bytes();
      buffers_.insert(buffers_.end(), bytes.begin(), bytes.end());
    });
    model.for_each(ItemKind::generator,
                   [&](const Name&, const ModelItem& item) { generators_.push_back(item.generator()); });
  }

  /// Puts back all buffers, and gives each generator a fork of its own for this shard.
  void begin(const ModelRef& model, Index shard) const {
    const std::byte* saved = buffers_.data();
    model.for_each(ItemKind::buffer, [&](const Name&, const ModelItem& item) {
      const std::span<std::byte> bytes = item.bytes();
      std::copy_n(saved, bytes.size(), bytes.data());
      saved += bytes.size();
    });
    each_generator_after(model, shard, [](Rng& generator, Rng& after) { generator = after.fork(); });
  }

  /// Moves the generators to where a step of so many shards leaves them.
  void end(const ModelRef& model, Index shards) const {
    each_generator_after(model, shards, [](Rng& generator, const Rng& after) { generator = after; });
  }

 private:
  /// Calls `use(generator, after)` for each, with what it is after so many forks.
  template <class Use>
  void each_generator_after(const ModelRef& model, Index forks, const Use& use) const {
    constexpr std::uint64_t numbers_a_fork = 2;
    auto saved = generators_.begin();
    model.for_each(ItemKind::generator, [&](const Name&, const ModelItem& item) {
      Rng after = *saved++;
      after.skip(numbers_a_fork * static_cast<std::uint64_t>(forks));
      use(item.generator(), after);
    });
  }

  PoolVector<std::byte> buffers_;
  PoolVector<Rng> generators_;
};

}  // namespace pupil::detail
