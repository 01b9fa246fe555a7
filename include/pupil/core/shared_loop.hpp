#pragma once
// One parallel loop: a caller who must see it done, and helpers who may come, late or never.
//
// Everything that threads agree on is one word, `open_`: how many places for helpers are left, and how many items
// nobody has taken. A helper comes in by taking a place and an item in one step, and only then reads what the loop is;
// from then on until it has left, the caller waits for it. So
//
//   - the caller waits only for threads that took an item, never for one that was woken and got no turn;
//   - a helper that comes too late finds no item, and has touched nothing;
//   - a helper that looked at the word of one loop and takes from the next, which has the same word by chance, has
//     taken from the next: it had read nothing yet that it could confuse.
//
// The object itself is used for one loop after another and never dies (thread_pool.hpp), so a late helper reads valid
// memory. Items are taken in order, from 0 on.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/forked.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/spin.hpp>
#include <pupil/core/this_thread.hpp>

namespace pupil::detail {

class alignas(128) SharedLoop {
 public:
  using Body = FunctionRef<void(Index)>;

  static constexpr Index most_items = (Index{1} << 40) - 1;
  static constexpr int most_helpers = (1 << 23) - 1;

  /// A caller has to own the object before it opens a loop. Returns false where another caller does.
  bool acquire() noexcept { return !owned_.load(std::memory_order_relaxed) && !owned_.exchange(true); }
  void release() noexcept { owned_.store(false, std::memory_order_release); }

  /// From here on helpers may come: `threads` - 1 at most. `body` must live until `finish` returns.
  void open(Index count, int threads, const Body& body) noexcept {
    body_ = &body;
    count_ = count;
    threads_ = threads;
    forks_ = forks_so_far();
    left_.store(0, std::memory_order_relaxed);
    open_.store(word(threads - 1, count), std::memory_order_release);
  }

  /// What the caller does: takes items as long as there are any, and waits for helpers that took some. Throws what the
  /// body threw for the lowest item, which is what a plain loop would throw.
  void finish() {
    {
      const InsideLoop inside(threads_, 0);
      work_from(take_item());
    }
    const int entered = threads_ - 1 - places(open_.load(std::memory_order_relaxed));
    if (entered > 0) wait_for(entered);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  /// What a helper does: takes items as long as there are any. Returns false where it found nothing to do.
  bool help() noexcept {
    std::uint64_t seen = open_.load(std::memory_order_relaxed);
    do {
      if (items(seen) == 0 || places(seen) == 0) return false;
    } while (
        !open_.compare_exchange_weak(seen, seen - one_place - 1, std::memory_order_acquire, std::memory_order_relaxed));
    const unsigned forks = forks_;
    {
      const InsideLoop inside(threads_, places(seen));
      work_from(count_ - items(seen));
    }
    if (forks != forks_so_far()) return true;  // this is the child of a body that forked: nobody waits here
    left_.fetch_add(1, std::memory_order_release);
    left_.notify_one();
    return true;
  }

  /// Whether a helper would find something to do now.
  bool wants_help() const noexcept {
    const std::uint64_t seen = open_.load(std::memory_order_relaxed);
    return items(seen) != 0 && places(seen) != 0;
  }

 private:
  static constexpr std::uint64_t one_place = std::uint64_t{1} << 40;

  static constexpr std::uint64_t word(int places, Index items) noexcept {
    return static_cast<std::uint64_t>(places) * one_place + static_cast<std::uint64_t>(items);
  }
  static constexpr int places(std::uint64_t word) noexcept { return static_cast<int>(word / one_place); }
  static constexpr Index items(std::uint64_t word) noexcept { return static_cast<Index>(word % one_place); }

  /// The next item, or -1. For threads that are in the loop already.
  Index take_item() noexcept {
    std::uint64_t seen = open_.load(std::memory_order_relaxed);
    do {
      if (items(seen) == 0) return -1;
    } while (!open_.compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed));
    return count_ - items(seen);
  }

  void work_from(Index item) noexcept {
    const Body body = *body_;
    for (; item >= 0; item = take_item()) {
      try {
        body(item);
      } catch (...) {
        keep_failure(item, std::current_exception());
      }
    }
  }

  /// Lower items have all been taken, higher ones need not be.
  void keep_failure(Index item, std::exception_ptr failure) noexcept {
    open_.fetch_and(~(one_place - 1), std::memory_order_relaxed);
    std::unique_lock lock(failure_mutex_, std::defer_lock);
    if (forks_ == forks_so_far()) lock.lock();  // in a child, whoever holds it does not exist
    if (failure_ && failed_item_ < item) return;
    failure_ = std::move(failure);
    failed_item_ = item;
  }

  void wait_for(int entered) {
    const auto wanted = static_cast<std::uint32_t>(entered);
    const auto all_left = [&] { return left_.load(std::memory_order_acquire) == wanted; };
    if (forks_ != forks_so_far()) {
      failure_ = nullptr;
      throw Error("parallel_for: its body forked, and what other threads had begun is not in the child process");
    }
    if (spin_until(all_left)) return;
    while (!all_left()) {
      const std::uint32_t left = left_.load(std::memory_order_acquire);
      if (left != wanted) left_.wait(left, std::memory_order_acquire);
    }
  }

  std::atomic<std::uint64_t> open_{0};
  std::atomic<bool> owned_{false};
  // What follows is written by the caller alone while no helper is in the loop.
  const Body* body_ = nullptr;
  Index count_ = 0;
  int threads_ = 1;
  unsigned forks_ = 0;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  Index failed_item_ = 0;
  alignas(64) std::atomic<std::uint32_t> left_{0};  ///< helpers that came and have left
};

}  // namespace pupil::detail
