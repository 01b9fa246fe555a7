#pragma once
// Memory for each thread of a parallel loop, taken before the loop begins: how many blocks a step asks for may not
// depend on which threads happened to run at the same time, or a later step could need one more than all before it.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>

namespace pupil {

/// `size` uninitialised values for each thread, aligned as a Storage is. Made outside of the loop, used inside.
template <class T>
class ThreadScratch {
 public:
  explicit ThreadScratch(Index size)
      : stride_((size + line - 1) / line * line), values_(stride_ * std::max(num_threads(), thread_number() + 1)) {}

  /// Those of the calling thread.
  T* mine() { return values_.data() + thread_number() * stride_; }

 private:
  static constexpr Index line = static_cast<Index>(StoragePool::alignment / sizeof(T));

  Index stride_;
  Storage<T> values_;
};

}  // namespace pupil
