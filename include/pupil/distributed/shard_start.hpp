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
    generators_.clear();
    save_buffers(model, buffers_);
    model.for_each(ItemKind::generator,
                   [&](const Name&, const ModelItem& item) { generators_.push_back(item.generator()); });
  }

  /// Puts back all buffers, and gives each generator a fork of its own for this shard.
  void begin(const ModelRef& model, Index shard) const {
    put_buffers(model, buffers_);
    each_generator_after(model, shard, [](Rng& generator, Rng& after) { generator = after.fork(); });
  }

  /// Remembers the buffers as the rank's first shard leaves them, and puts them back.
  void keep_first(const ModelRef& model) { save_buffers(model, of_first_); }
  void put_first(const ModelRef& model) const { put_buffers(model, of_first_); }

  /// Moves the generators to where a step of so many shards leaves them.
  void end(const ModelRef& model, Index shards) const {
    each_generator_after(model, shards, [](Rng& generator, const Rng& after) { generator = after; });
  }

 private:
  static void save_buffers(const ModelRef& model, PoolVector<std::byte>& saved) {
    saved.clear();
    model.for_each(ItemKind::buffer, [&](const Name&, const ModelItem& item) {
      const std::span<const std::byte> bytes = item.bytes();
      saved.insert(saved.end(), bytes.begin(), bytes.end());
    });
  }

  static void put_buffers(const ModelRef& model, const PoolVector<std::byte>& saved) {
    const std::byte* next = saved.data();
    model.for_each(ItemKind::buffer, [&](const Name&, const ModelItem& item) {
      const std::span<std::byte> bytes = item.bytes();
      std::copy_n(next, bytes.size(), bytes.data());
      next += bytes.size();
    });
  }

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
  PoolVector<std::byte> of_first_;
  PoolVector<Rng> generators_;
};

}  // namespace pupil::detail
