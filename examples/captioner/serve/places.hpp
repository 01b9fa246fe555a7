#pragma once
// A number of places that threads take and leave.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace captioner {

class Places {
 public:
  /// One of them, left when it is destroyed.
  class Place {
   public:
    explicit Place(Places& places) : places_(&places) {}
    Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->leave();
    }

   private:
    Places* places_;
  };

  explicit Places(int count) : free_(count) {}

  /// Waits for one for so long at most; with 0 not at all. Nothing where none became free.
  std::optional<Place> take(std::chrono::duration<double> patience = std::chrono::duration<double>(0)) {
    std::unique_lock lock(mutex_);
    if (!left_.wait_for(lock, patience, [&] { return free_ > 0; })) return std::nullopt;
    --free_;
    return Place(*this);
  }

 private:
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    left_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable left_;
  int free_;
};

}  // namespace captioner
