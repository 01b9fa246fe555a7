#pragma once
// SumBuckets: arrays that are summed over ranks in buckets, each bucket as soon as all of it is there.

#include <cstddef>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/distributed/bucket_filling.hpp>
#include <pupil/distributed/rank_sums.hpp>

namespace pupil::detail {

/// All ranks start the buckets in the order in which they were added, whatever is complete first.
template <class T>
class SumBuckets {
 public:
  using SameNumbers = SameWire<T>;
  using Rounded = Bf16Wire<T>;
  using Sum = std::variant<LibrarySum<T>, OrderedSum<T, SameNumbers>, OrderedSum<T, Rounded>>;

  /// A bucket is complete when `complete` was said of so many parts.
  void add(Sum sum, Index parts) { buckets_.push_back({std::move(sum), parts, parts}); }
  std::size_t size() const { return buckets_.size(); }

  /// Copies numbers of one of this rank's shards to their place. Throws ShapeError where they are not as many.
  void put(const BucketPlace& place, Index shard, std::span<const T> numbers) {
    check(place, numbers.size());
    std::visit(
        [&](auto& sum) {
          in_parts(numbers, [&](Index begin, std::span<const T> part) { sum.put(shard, place.offset + begin, part); });
        },
        buckets_[place.bucket].sum);
  }

  /// Says that what lies at this place was put there.
  void complete(const BucketPlace& place) { --buckets_[place.bucket].missing; }

  /// Starts what is complete and has its turn.
  void start_complete() {
    while (started_ < buckets_.size() && buckets_[started_].missing == 0) start_next();
  }

  /// Goes on with what was started, without waiting. A bucket's last exchange begins after those of all before it.
  void advance() {
    for (std::size_t i = 0; i < started_; ++i) {
      if (!std::visit([](auto& sum) { return sum.advance(); }, buckets_[i].sum)) return;
    }
  }

  /// Starts all that was not, and waits for all.
  void finish() {
    while (started_ < buckets_.size()) start_next();
    for (Bucket& bucket : buckets_) std::visit([](auto& sum) { sum.begin_last(); }, bucket.sum);
    for (Bucket& bucket : buckets_) {
      std::visit([](auto& sum) { sum.finish(); }, bucket.sum);
      bucket.missing = bucket.parts;
    }
    started_ = 0;
  }

  /// The sums at this place, times a factor. Throws ShapeError as `put` does.
  void take(const BucketPlace& place, std::span<T> numbers, T factor) const {
    check(place, numbers.size());
    std::visit(
        [&](const auto& sum) {
          in_parts(numbers, [&](Index begin, std::span<T> part) {
            sum.take(place.offset + begin, part);
            if (factor == 1) return;
            for (T& number : part) number *= factor;
          });
        },
        buckets_[place.bucket].sum);
  }

 private:
  struct Bucket {
    Sum sum;
    Index parts;
    Index missing;  ///< of the parts, in this step
  };

  static void check(const BucketPlace& place, std::size_t size) {
    require<ShapeError>(place.size == static_cast<Index>(size), "distributed_gradients: a gradient or buffer has ",
                        size, " numbers, and had ", place.size, " at the beginning");
  }

  void start_next() {
    std::visit([](auto& sum) { sum.start(); }, buckets_[started_++].sum);
  }

  /// Calls `use(begin, part)` for ranges of the numbers, in parallel.
  template <class Number, class Use>
  static void in_parts(std::span<Number> numbers, const Use& use) {
    parallel_ranges(static_cast<Index>(numbers.size()), pointwise_grain, [&](Index begin, Index end) {
      use(begin, numbers.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    });
  }

  std::vector<Bucket> buckets_;
  std::size_t started_ = 0;  // how many, in this step
};

}  // namespace pupil::detail
