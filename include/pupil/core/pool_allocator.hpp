#pragma once
// A standard allocator on the pool that tensors are kept in: for containers that a training step fills anew, and that
// are to ask nothing of the system once the step has been seen.

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

#include <pupil/core/storage.hpp>

namespace pupil {

/// An allocator of the standard library, by StoragePool.
template <class V>
class PoolAllocator {
 public:
  using value_type = V;
  static_assert(alignof(V) <= StoragePool::alignment);

  PoolAllocator() = default;
  template <class Other>
  PoolAllocator(const PoolAllocator<Other>&) noexcept {}  // NOLINT(google-explicit-constructor): as allocators convert

  /// Room for `count` values. Throws std::bad_array_new_length or std::bad_alloc.
  V* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(V)) throw std::bad_array_new_length();
    return static_cast<V*>(StoragePool::instance().allocate(count * sizeof(V)));
  }
  /// Takes it back.
  void deallocate(V* block, std::size_t) noexcept { StoragePool::instance().release(block); }

  template <class Other>
  bool operator==(const PoolAllocator<Other>&) const noexcept {
    return true;
  }
};

/// A std::vector in memory of the pool.
template <class V>
using PoolVector = std::vector<V, PoolAllocator<V>>;

}  // namespace pupil
