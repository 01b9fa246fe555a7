#pragma once
// ProgressThread: a thread that goes on with what was sent while others compute. MPI does its part in calls alone, and
// a network that waits for the next call is idle.

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/distributed/mpi_calls.hpp>

namespace pupil::detail {

/// Where MPI lets several threads call it; elsewhere this does nothing. Moved only while it rests.
class ProgressThread {
 public:
  /// Calls `advance` every millisecond from now on, if it does not do so already.
  void begin(std::function<void()> advance) {
    if (!allows_threads()) return;
    if (shared_ == nullptr) {
      shared_ = std::make_unique<Shared>();
      thread_ = Joining(*shared_);
    }
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->advance) return;
      shared_->advance = std::move(advance);
    }
    shared_->changed.notify_one();
  }

  /// `advance` is not called while the lock lives.
  std::unique_lock<std::mutex> lock() {
    return shared_ == nullptr ? std::unique_lock<std::mutex>() : std::unique_lock(shared_->mutex);
  }

  /// `advance` is not called any more. Throws what it threw.
  void end() {
    if (shared_ == nullptr) return;
    const std::lock_guard lock(shared_->mutex);
    shared_->advance = nullptr;
    if (auto error = std::exchange(shared_->error, nullptr)) std::rethrow_exception(std::move(error));
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::function<void()> advance;  // empty while it rests
    std::exception_ptr error;
    bool is_over = false;
  };

  static bool allows_threads() {
    int provided = 0;
    check_mpi(MPI_Query_thread(&provided), "ask which threads MPI allows");
    return provided >= MPI_THREAD_MULTIPLE;
  }

  static void run(Shared& shared) {
    set_num_threads(1);  // the others compute
    std::unique_lock lock(shared.mutex);
    while (!shared.is_over) {
      if (!shared.advance) {
        shared.changed.wait(lock);
        continue;
      }
      try {
        shared.advance();
      } catch (...) {
        shared.error = std::current_exception();
        shared.advance = nullptr;
      }
      shared.changed.wait_for(lock, std::chrono::milliseconds(1));
    }
  }

  /// A thread that is told to end, and waited for.
  class Joining {
   public:
    Joining() = default;
    explicit Joining(Shared& shared) : shared_(&shared), thread_([&shared] { run(shared); }) {}
    Joining(Joining&&) = default;
    Joining& operator=(Joining&&) = default;
    ~Joining() {
      if (!thread_.joinable()) return;
      {
        const std::lock_guard lock(shared_->mutex);
        shared_->is_over = true;
      }
      shared_->changed.notify_one();
      thread_.join();
    }

   private:
    Shared* shared_ = nullptr;
    std::thread thread_;
  };

  std::unique_ptr<Shared> shared_;
  Joining thread_;  // ends before what it shares
};

}  // namespace pupil::detail
