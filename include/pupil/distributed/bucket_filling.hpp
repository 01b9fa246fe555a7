#pragma once
// Which gradients are sent together.

#include <vector>

#include <pupil/core/shape.hpp>

namespace pupil::detail {

/// Where an array lies among all buckets.
struct BucketPlace {
  std::size_t bucket = 0;
  Index offset = 0;
  Index size = 0;
};

/// Lays arrays into buckets, one behind the other. A bucket is closed when the next array would not fit; an array that
/// fits into none has one of its own.
class BucketFilling {
 public:
  /// Of `capacity` numbers each.
  explicit BucketFilling(Index capacity) : capacity_(capacity) {}

  BucketPlace add(Index size) {
    if (sizes_.empty() || sizes_.back() + size > capacity_) sizes_.push_back(0);
    const BucketPlace place{.bucket = sizes_.size() - 1, .offset = sizes_.back(), .size = size};
    sizes_.back() += size;
    return place;
  }

  /// How many numbers each bucket holds.
  const std::vector<Index>& sizes() const { return sizes_; }

 private:
  Index capacity_;
  std::vector<Index> sizes_;
};

}  // namespace pupil::detail
