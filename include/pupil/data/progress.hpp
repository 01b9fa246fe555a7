#pragma once
// Telling a program how far long work has come.

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

#include <pupil/core/shape.hpp>

namespace pupil::captioning {

/// Called with how many items are done, and of how many: from any thread, one call at a time. What it throws ends the
/// work.
using Progress = std::function<void(Index done, Index total)>;

/// Counts finished items of a parallel loop and reports each.
class ProgressCounter {
 public:
  /// `report` may be empty: then nobody is told.
  ProgressCounter(Index total, Progress report) : total_(total), report_(std::move(report)) {}

  void finish_one() {
    if (!report_) return;
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    try {
      report_(++done_, total_);
    } catch (...) {
      stopped_ = true;
      throw;
    }
  }

  /// Whether a report threw: the items that are left need not be done.
  bool is_stopped() const { return stopped_; }

 private:
  std::mutex mutex_;
  std::atomic<bool> stopped_{false};
  Index done_ = 0;
  Index total_;
  Progress report_;
};

}  // namespace pupil::captioning
