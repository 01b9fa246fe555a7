#pragma once
// The threads behind parallel_for: started when they are first wanted, shared by all threads that call, asleep when
// there is nothing to do.
//
// A thread that calls works on its own loop and gets the help of workers that are idle; where none is, it does all of
// it itself. So nothing is ever waited for that may not come, and the number of threads does not grow with that of
// callers. Where the system gives no more threads, there are fewer workers.
//
// A child process after fork has none of the workers. It makes a pool of its own when it wants one; what its parent had
// is left alone.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include <pupil/core/forked.hpp>
#include <pupil/core/shared_loop.hpp>
#include <pupil/core/spin.hpp>

namespace pupil::detail {

class ThreadPool {
 public:
  /// This process's pool. Never destroyed: a loop that runs while statics are destroyed still works, without helpers.
  static ThreadPool& instance() {
    ThreadPool* pool = current_.load(std::memory_order_acquire);
    return pool != nullptr ? *pool : make_instance();
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Calls `body(i)` for every i in [0, count) on the calling thread and up to `threads` - 1 workers.
  void run(Index count, int threads, const SharedLoop::Body& body) {
    const int helpers = static_cast<int>(std::min<Index>(threads - 1, count - 1));
    SharedLoop* const loop = have_workers(helpers) && count <= SharedLoop::most_items ? free_loop() : nullptr;
    if (loop == nullptr) {
      const InsideLoop inside(threads, 0);
      for (Index i = 0; i < count; ++i) body(i);
      return;
    }
    const Owner owner{*loop};
    loop->open(count, threads, body);
    wake(helpers);
    loop->finish();
  }

  /// How many workers there are.
  int workers() const noexcept { return worker_count_.load(std::memory_order_relaxed); }

 private:
  /// As many loops may want help at a time; others run on the threads that called them.
  static constexpr std::size_t most_loops = 32;

  struct Worker {
    std::thread thread;
    std::atomic<bool> ended{false};
  };

  struct Owner {
    SharedLoop& loop;
    ~Owner() { loop.release(); }
  };

  /// Stops the workers when the program ends, or when the shared library that this is compiled into is unloaded: the
  /// code that they run goes away.
  struct StopAtExit {
    ~StopAtExit() {
      if (ThreadPool* const pool = current_.load()) pool->stop();
    }
  };

  ThreadPool() = default;

  static ThreadPool& make_instance() {
    static const bool prepared = [] {
      at_fork(nullptr, nullptr, leave_to_parent);
      count_forks();
      return true;
    }();
    static const StopAtExit stop_at_exit;
    static_cast<void>(prepared);
    auto* const made = new ThreadPool;
    ThreadPool* expected = nullptr;
    if (current_.compare_exchange_strong(expected, made)) return *made;
    delete made;
    return *expected;
  }

  /// In a child process: keeps the parent's pool, which is not to be destroyed, where a leak checker sees it.
  static void leave_to_parent() noexcept {
    ThreadPool* const of_parent = current_.exchange(nullptr);
    if (of_parent == nullptr) return;
    of_parent->of_grandparent_ = of_parents_;
    of_parents_ = of_parent;
  }

  /// Starts workers until there are `wanted`, or the system gives no more. Returns whether there are any.
  bool have_workers(int wanted) {
    if (wanted > worker_count_.load(std::memory_order_relaxed) && !no_more_.load(std::memory_order_relaxed)) {
      start_workers(wanted);
    }
    return worker_count_.load(std::memory_order_relaxed) > 0;
  }

  void start_workers(int wanted) {
    const std::lock_guard lock(workers_mutex_);
    while (static_cast<int>(workers_.size()) < wanted && !no_more_.load(std::memory_order_relaxed)) {
      try {
        Worker& worker = workers_.emplace_back();
        worker.thread = std::thread([this, &worker] { work(worker); });
      } catch (const std::system_error&) {
        workers_.pop_back();
        no_more_.store(true, std::memory_order_relaxed);
      }
    }
    worker_count_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  }

  SharedLoop* free_loop() noexcept {
    for (std::size_t i = 0; i < most_loops; ++i) {
      if (!loops_[i].acquire()) continue;
      std::size_t used = loops_used_.load(std::memory_order_relaxed);
      while (used <= i && !loops_used_.compare_exchange_weak(used, i + 1)) {
      }
      return &loops_[i];
    }
    return nullptr;
  }

  /// Calls workers, as many as are wanted beyond those that are awake and looking.
  void wake(int wanted) noexcept {
    bell_.fetch_add(1);
    const int asleep = asleep_.load();
    const int more = std::min(wanted - looking_.load(std::memory_order_relaxed), asleep);
    if (more <= 0) return;
    if (more == asleep) {
      bell_.notify_all();
    } else {
      for (int i = 0; i < more; ++i) bell_.notify_one();
    }
  }

  void work(Worker& self) noexcept {
    const unsigned forks = forks_so_far();
    std::size_t first = 0;
    while (true) {
      const std::uint32_t bell = bell_.load();
      if (stopping_.load()) break;
      if (help_some_loop(first)) {
        if (forks != forks_so_far()) return;  // the child of a body that forked ends with that body
        continue;
      }
      wait_for_bell(bell);
    }
    self.ended.store(true, std::memory_order_release);
  }

  /// Looks at all loops in turn, from `first` on, so that each gets its share. Returns false where none wanted help.
  bool help_some_loop(std::size_t& first) noexcept {
    const std::size_t used = loops_used_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < used; ++i) {
      SharedLoop& loop = loops_[(first + i) % used];
      if (!loop.help()) continue;
      first = (first + i + 1) % used;
      return true;
    }
    return false;
  }

  /// Returns when the bell has rung since it was `heard`.
  void wait_for_bell(std::uint32_t heard) noexcept {
    looking_.fetch_add(1, std::memory_order_relaxed);
    const bool rung = spin_until([&] { return bell_.load(std::memory_order_relaxed) != heard; });
    looking_.fetch_sub(1, std::memory_order_relaxed);
    if (rung) return;
    asleep_.fetch_add(1);  // before the bell is looked at again, as `wake` rings before it looks here
    bell_.wait(heard);
    asleep_.fetch_sub(1);
  }

  /// Ends the workers. One that is still in a body after a second is left to itself: whoever ends a program there
  /// cannot want to wait for it, or is that body.
  void stop() noexcept {
    stopping_.store(true);
    const std::lock_guard lock(workers_mutex_);
    no_more_.store(true, std::memory_order_relaxed);
    worker_count_.store(0, std::memory_order_relaxed);
    bell_.fetch_add(1);
    bell_.notify_all();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    for (Worker& worker : workers_) {
      const bool self = worker.thread.get_id() == std::this_thread::get_id();
      while (!self && !worker.ended.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
      if (worker.ended.load(std::memory_order_acquire)) {
        worker.thread.join();
      } else {
        worker.thread.detach();
      }
    }
  }

  static inline constinit std::atomic<ThreadPool*> current_{nullptr};
  static inline constinit ThreadPool* of_parents_ = nullptr;

  alignas(64) std::atomic<std::uint32_t> bell_{0};  ///< rings when a loop is opened
  std::atomic<int> asleep_{0};
  std::atomic<int> looking_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> no_more_{false};
  std::atomic<int> worker_count_{0};
  std::atomic<std::size_t> loops_used_{0};
  std::array<SharedLoop, most_loops> loops_;
  std::mutex workers_mutex_;
  std::list<Worker> workers_;
  ThreadPool* of_grandparent_ = nullptr;
};

}  // namespace pupil::detail
