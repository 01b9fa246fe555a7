#pragma once
// The one door to threads.
//
// Work is cut into items that do not depend on the number of threads, and every output element belongs to one item, so
// results are the same bits whatever the thread count.
//
// The threads are those of a pool (thread_pool.hpp): a loop waits for the items that were taken, not for threads that
// got no turn. Measured on two processors, in loops a second of eight items of 30 microseconds: alone 7,510 to 7,700,
// and 7,400 to 7,610 on OpenMP's threads; beside a process of another session that keeps one of the two busy 3,730 to
// 3,860, and 140 to 240, because OpenMP's loops end when every thread of the team has come. (OpenMP's that sleep at
// once, by OMP_WAIT_POLICY=passive: alone 4,660 to 4,880.) In a program that is compiled with OpenMP,
// PUPIL_THREADS=openmp in the environment takes OpenMP's threads all the same, for programs that use those for their
// other work.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <string_view>

#include <pupil/core/forked.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/processors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/this_thread.hpp>
#include <pupil/core/thread_pool.hpp>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace pupil {

/// How many threads `parallel_for` uses from here on, in the calling thread: at least 1, and no more than four for
/// every processor of the machine, or 16.
inline void set_num_threads(int count) { detail::this_thread.threads = std::clamp(count, 1, detail::most_threads()); }

/// How many threads `parallel_for` would use now. At first OMP_NUM_THREADS; without it, the processors that this
/// process may use by its affinity and its control group's quota, a part of one counting as one.
inline int num_threads() {
  return detail::this_thread.threads > 0 ? detail::this_thread.threads : detail::threads_at_first();
}

/// Which of the threads of the parallel_for around it the caller is, from 0 on and below `num_threads()`; 0 outside of
/// any.
inline int thread_number() { return detail::this_thread.number; }

/// How many threads a parallel_for would find here: `num_threads()`, or 1 inside of another parallel_for or of a
/// parallel region of OpenMP.
inline int free_threads() {
  if (detail::this_thread.inside) return 1;
#ifdef _OPENMP
  if (omp_in_parallel() != 0) return 1;
#endif
  return num_threads();
}

namespace detail {

#ifdef _OPENMP
/// Whether PUPIL_THREADS says so. OpenMP's threads do not survive a fork, so no child uses them.
inline bool openmp_is_chosen() {
  static const bool chosen = [] {
    const char* const name = std::getenv("PUPIL_THREADS");
    count_forks();
    return name != nullptr && std::string_view(name) == "openmp";
  }();
  return chosen && forks_so_far() == 0;
}

inline void run_on_openmp(Index count, int threads, FunctionRef<void(Index)> body) {
  std::exception_ptr failure;
  std::atomic<Index> failed_item{count};
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (Index i = 0; i < count; ++i) {
    if (i > failed_item.load(std::memory_order_relaxed)) continue;
    const InsideLoop inside(threads, omp_get_thread_num());
    try {
      body(i);
    } catch (...) {
#pragma omp critical(pupil_parallel_for)
      if (i < failed_item) {
        failure = std::current_exception();
        failed_item = i;
      }
    }
  }
  if (failure) std::rethrow_exception(failure);
}
#endif

inline void run_on_threads(Index count, int threads, FunctionRef<void(Index)> body) {
#ifdef _OPENMP
  if (openmp_is_chosen()) return run_on_openmp(count, threads, body);
#endif
  ThreadPool::instance().run(count, threads, body);
}

}  // namespace detail

/// Calls `body(i)` for every i in [0, count), on all threads and so in any order; returns when all are done. What a
/// body throws is thrown again here; where several do, what the lowest i threw. Items that have not begun then are left
/// out. Inside another parallel_for it is a plain loop.
inline void parallel_for(Index count, FunctionRef<void(Index)> body) {
  if (count > 1) {
    const int threads = free_threads();
    if (threads > 1) return detail::run_on_threads(count, threads, body);
  }
  for (Index i = 0; i < count; ++i) body(i);
}

/// A grain for pointwise passes: large enough to hide the start of a thread, small enough to share out.
inline constexpr Index pointwise_grain = 32768;

/// The same for items that read or write about `item_size` elements each. Where that is a grain or less for all of
/// them, the calling thread does it alone: to wake another takes longer.
inline void parallel_for(Index count, Index item_size, FunctionRef<void(Index)> body) {
  if (count < 2 || item_size > pointwise_grain / count) return parallel_for(count, body);
  for (Index i = 0; i < count; ++i) body(i);
}

/// Calls `body(begin, end)` for consecutive ranges that cover [0, size), each of `grain` elements but the last.
inline void parallel_ranges(Index size, Index grain, FunctionRef<void(Index, Index)> body) {
  parallel_for((size + grain - 1) / grain,
               [&](Index range) { body(range * grain, std::min(size, (range + 1) * grain)); });
}

/// The grain in rows: how many rows of `columns` elements make a grain, at least one.
inline Index rows_a_range(Index columns) { return std::max<Index>(1, pointwise_grain / std::max<Index>(1, columns)); }

}  // namespace pupil
