#pragma once
// A child process after fork has one thread, the one that called fork, and a copy of all memory: locks that other
// threads held stay locked for ever, and threads that it knows of do not exist.

#include <atomic>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include <pupil/core/cpp20.hpp>

namespace pupil::detail {

inline constinit std::atomic<unsigned> fork_count{0};

/// How many forks lie between the first process and this one, counted from when `count_forks` was called.
inline unsigned forks_so_far() noexcept { return fork_count.load(std::memory_order_relaxed); }

/// Has the three called at every fork: before it, and after it in the parent and in the child. Does nothing where there
/// is no fork.
inline void at_fork([[maybe_unused]] void (*before)(), [[maybe_unused]] void (*in_parent)(),
                    [[maybe_unused]] void (*in_child)()) noexcept {
#if defined(__unix__) || defined(__APPLE__)
  pthread_atfork(before, in_parent, in_child);
#endif
}

/// From here on `forks_so_far` counts.
inline void count_forks() noexcept {
  at_fork(nullptr, nullptr, [] { fork_count.fetch_add(1, std::memory_order_relaxed); });
}

}  // namespace pupil::detail
