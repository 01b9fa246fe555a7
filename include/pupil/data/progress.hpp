#pragma once
// Telling a program how far long work has come.

#include <functional>
#include <mutex>
#include <utility>

#include <pupil/core/shape.hpp>

namespace pupil {

/// Called with how many items are done, and of how many: from any thread, one call at a time.
using Progress = std::function<void(Index done, Index total)>;

/// Counts finished items of a parallel loop and reports each.
class ProgressCounter {
 public:
  /// `report` may be empty: then nobody is told.
  ProgressCounter(Index total, Progress report) : total_(total), report_(std::move(report)) {}

  void finish_one() {
    if (!report_) return;
    const std::lock_guard lock(mutex_);
    report_(++done_, total_);
  }

 private:
  std::mutex mutex_;
  Index done_ = 0;
  Index total_;
  Progress report_;
};

}  // namespace pupil
