#pragma once
// The one door to threads: OpenMP where it is compiled in, a plain loop where it is not.
//
// Work is cut into items that do not depend on the number of threads, and every output element belongs to one item, so
// results are the same bits whatever the thread count.

#include <algorithm>
#include <exception>

#include <pupil/core/function_ref.hpp>
#include <pupil/core/shape.hpp>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace pupil {

/// How many threads `parallel_for` uses from here on, in the calling thread. At least 1.
inline void set_num_threads([[maybe_unused]] int count) {
#ifdef _OPENMP
  omp_set_num_threads(std::max(count, 1));
#endif
}

/// How many threads `parallel_for` would use now.
inline int num_threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

/// Which of the threads of the parallel_for around it the caller is, from 0 on; 0 outside of any.
inline int thread_number() {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

/// How many threads a parallel_for would find here: `num_threads()`, or 1 inside of another parallel_for.
inline int free_threads() {
#ifdef _OPENMP
  return omp_in_parallel() == 0 ? num_threads() : 1;
#else
  return 1;
#endif
}

/// Calls `body(i)` for every i in [0, count), in any order, on all threads; returns when all are done. The first
/// exception that a body throws is thrown again here. Inside another parallel_for it is a plain loop.
inline void parallel_for(Index count, FunctionRef<void(Index)> body) {
#ifdef _OPENMP
  if (count > 1 && num_threads() > 1 && omp_in_parallel() == 0) {
    std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic)
    for (Index i = 0; i < count; ++i) {
      try {
        body(i);
      } catch (...) {
#pragma omp critical(pupil_parallel_for)
        if (!failure) failure = std::current_exception();
      }
    }
    if (failure) std::rethrow_exception(failure);
    return;
  }
#endif
  for (Index i = 0; i < count; ++i) body(i);
}

/// Calls `body(begin, end)` for consecutive ranges that cover [0, size), each of `grain` elements but the last.
inline void parallel_ranges(Index size, Index grain, FunctionRef<void(Index, Index)> body) {
  parallel_for((size + grain - 1) / grain,
               [&](Index range) { body(range * grain, std::min(size, (range + 1) * grain)); });
}

/// A grain for pointwise passes: large enough to hide the start of a thread, small enough to share out.
inline constexpr Index pointwise_grain = 32768;

/// The same in rows: how many rows of `columns` elements make a grain, at least one.
inline Index rows_a_range(Index columns) { return std::max<Index>(1, pointwise_grain / std::max<Index>(1, columns)); }

}  // namespace pupil
