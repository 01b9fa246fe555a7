#pragma once
// MadeAhead: values that threads make before they are asked for, and that come in their order.

#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

/// Calls `make(i)` for i from 0 to count - 1, on threads of its own, and hands out the values one after another. Which
/// value is made by which thread is not known, so `make` must return the same whoever calls it, and when. The threads
/// compute with as many threads as the one that asks.
template <class Value>
class MadeAhead {
 public:
  /// No more than `most_ahead` values (at least 1) are made, or being made, that were not handed out. Without threads,
  /// or where the system gives none, each value is made when it is asked for.
  MadeAhead(Index count, std::function<Value(Index)> make, Index threads, Index most_ahead)
      : count_(count), most_ahead_(most_ahead), make_(std::move(make)) {
    try {
      for (Index t = 0; t < threads && t < count; ++t) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // those that there are do the work
    } catch (...) {
      stop();
      throw;
    }
  }
  MadeAhead(const MadeAhead&) = delete;
  MadeAhead& operator=(const MadeAhead&) = delete;
  /// Waits for values that are being made; others are not begun.
  ~MadeAhead() { stop(); }

  /// The next value, or none after the last. Throws what `make` threw for it; then there are no more.
  std::optional<Value> next() {
    if (handed_out_ == count_) return std::nullopt;
    if (threads_.empty()) return made_now();
    std::unique_lock lock(mutex_);
    is_made_.wait(lock, [&] { return made_.contains(handed_out_); });
    Made made = std::move(made_.extract(handed_out_).mapped());
    handed_out_ = made.failure ? count_ : handed_out_ + 1;
    lock.unlock();
    has_room_.notify_one();
    if (made.failure) std::rethrow_exception(made.failure);
    return std::move(made.value);
  }

 private:
  /// A value, or why there is none.
  struct Made {
    std::optional<Value> value;
    std::exception_ptr failure;
  };

  std::optional<Value> made_now() {
    const Index i = std::exchange(handed_out_, count_);  // the last one if it throws
    std::optional<Value> value(make_(i));
    handed_out_ = i + 1;
    return value;
  }

  void work() {
    set_num_threads(num_threads_);
    std::unique_lock lock(mutex_);
    while (true) {
      has_room_.wait(lock, [&] { return stopped_ || begun_ == count_ || begun_ < handed_out_ + most_ahead_; });
      if (stopped_ || begun_ == count_) return;
      const Index i = begun_++;
      lock.unlock();
      Made made;
      try {
        made.value.emplace(make_(i));
      } catch (...) {
        made.failure = std::current_exception();
      }
      lock.lock();
      if (made.failure) begun_ = count_;  // what comes after will not be asked for
      made_.emplace(i, std::move(made));
      is_made_.notify_one();
      if (begun_ == count_) has_room_.notify_all();
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    has_room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Index count_;
  Index most_ahead_;
  std::function<Value(Index)> make_;
  int num_threads_ = num_threads();
  std::mutex mutex_;
  std::condition_variable is_made_;
  std::condition_variable has_room_;
  Index begun_ = 0;  // how many were begun
  Index handed_out_ = 0;
  bool stopped_ = false;
  std::map<Index, Made> made_;
  std::vector<std::thread> threads_;
};

}  // namespace pupil
