#pragma once
// Several arrays as one parallel loop: a model has many parameters of a few numbers, for which a loop of their own
// would cost more than it does.

#include <algorithm>
#include <cstddef>

#include <pupil/core/function_ref.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/pool_allocator.hpp>

namespace pupil::detail {

/// Arrays cut into ranges of `grain` elements, the last of each array of what is left. Ranges are numbered in order.
class ArrayRanges {
 public:
  explicit ArrayRanges(Index grain) : grain_(grain) {}

  /// Adds an array of `size` elements behind the others.
  void add(Index size) {
    sizes_.push_back(size);
    ends_.push_back(count() + (size + grain_ - 1) / grain_);
  }

  /// How many ranges there are.
  Index count() const { return ends_.empty() ? 0 : ends_.back(); }
  /// The number of the first range of array i, and of that behind its last.
  Index begin(std::size_t i) const { return i == 0 ? 0 : ends_[i - 1]; }
  Index end(std::size_t i) const { return ends_[i]; }

  /// Calls `body(range, array, first, last)` for elements [first, last) of every array, in parallel.
  void for_each(FunctionRef<void(Index range, std::size_t array, Index first, Index last)> body) const {
    parallel_for(count(), [&](Index range) {
      const auto array = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), range) - ends_.begin());
      const Index first = (range - begin(array)) * grain_;
      body(range, array, first, std::min(sizes_[array], first + grain_));
    });
  }

 private:
  Index grain_;
  PoolVector<Index> sizes_;
  PoolVector<Index> ends_;
};

}  // namespace pupil::detail
