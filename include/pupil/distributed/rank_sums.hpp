#pragma once
// Sums of one array over all ranks, which go on while backward computes. Two ways, with the same functions:
//
//   put(shard, offset, numbers)    for all of the array, of every shard of this rank
//   start()                        begins; on all ranks in the same order of arrays
//   advance()                      goes on as far as it can without waiting, in the same order too
//   begin_last(), finish()         wait
//   take(offset, numbers)          the sums
//
// LibrarySum is MPI's own sum, in an order of MPI's choice. OrderedSum adds the shards in their order, whatever the
// number of ranks, and may send other numbers than it adds.

#include <algorithm>
#include <span>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/pool_allocator.hpp>
#include <pupil/distributed/communicator.hpp>
#include <pupil/distributed/exchange.hpp>
#include <pupil/distributed/wire.hpp>

namespace pupil::detail {

/// MPI_Iallreduce. Every rank has one shard.
template <class T>
class LibrarySum {
 public:
  /// Of `size` numbers.
  LibrarySum(Communicator communicator, Index size)
      : communicator_(std::move(communicator)), count_(mpi_count(size)), sums_(size) {}

  void put(Index, Index offset, std::span<const T> numbers) { std::ranges::copy(numbers, sums_.data() + offset); }

  void start() {
    if (communicator_.is_alone()) return;
    sums_.begin([&](MPI_Request* request) {
      return MPI_Iallreduce(MPI_IN_PLACE, sums_.data(), count_, mpi_type_of<T>(), MPI_SUM, communicator_.native(),
                            request);
    });
  }

  /// There is one exchange only, so the next array need not wait for anything.
  bool advance() {
    sums_.has_ended();
    return true;
  }
  void begin_last() {}
  void finish() { sums_.wait(); }

  void take(Index offset, std::span<T> numbers) const {
    std::copy_n(sums_.data() + offset, numbers.size(), numbers.begin());
  }

 private:
  Communicator communicator_;
  int count_;
  Exchange<T> sums_;
};

/// What OrderedSum makes of a number's shards x_0, x_1, ...
enum class ShardRule {
  sum,   ///< x_0 + x_1 + ...
  mean,  ///< x_0 + ((x_1 - x_0) + ...) / count: where all are the same, it is exactly this
};

/// Every rank owns a slice of the array: it gets this slice of all shards (MPI_Ialltoall), adds them up in order, in T,
/// and sends the result to all (MPI_Iallgather). On the wire are a Wire's numbers; all ranks get the same bits.
template <class T, class Wire>
class OrderedSum {
 public:
  /// Of `size` numbers in as many shards on every rank. The two communicators are for the two exchanges: one array's
  /// second may begin before or after the next one's first, and within a communicator all ranks must do the same.
  OrderedSum(Communicator first, Communicator last, Index size, Index shards_here, ShardRule rule)
      : first_(std::move(first)),
        last_(std::move(last)),
        rule_(rule),
        shards_here_(shards_here),
        shards_(shards_here * first_.size()),
        slice_((size + first_.size() - 1) / first_.size()),
        exchanged_(2 * shards_ * slice_),
        results_(first_.size() * slice_),
        total_(static_cast<std::size_t>(slice_)) {
    mpi_count(shards_here * slice_);
  }

  void put(Index shard, Index offset, std::span<const T> numbers) {
    in_slices(offset, numbers, [&](Index owner, Index begin, std::span<const T> part) {
      Number* const destination = sent() + (owner * shards_here_ + shard) * slice_ + begin;
      std::ranges::transform(part, destination, Wire::encode);
    });
  }

  void start() {
    is_last_begun_ = false;
    if (first_.is_alone()) {
      std::copy_n(sent(), shards_ * slice_, received());
      return;
    }
    exchanged_.begin([&](MPI_Request* request) {
      const auto count = static_cast<int>(shards_here_ * slice_);
      const MPI_Datatype type = mpi_type_of<Number>();
      return MPI_Ialltoall(sent(), count, type, received(), count, type, first_.native(), request);
    });
  }

  /// Whether the last exchange has begun: only then may the next array's.
  bool advance() {
    if (is_last_begun_) {
      results_.has_ended();
    } else if (exchanged_.has_ended()) {
      begin_last();
    }
    return is_last_begun_;
  }

  /// Waits for the shards, and begins the last exchange.
  void begin_last() {
    if (std::exchange(is_last_begun_, true)) return;
    exchanged_.wait();
    parallel_ranges(slice_, pointwise_grain, [&](Index begin, Index end) { combine(begin, end); });
    if (last_.is_alone()) return;
    results_.begin([&](MPI_Request* request) {
      return MPI_Iallgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, results_.data(), static_cast<int>(slice_),
                            mpi_type_of<Number>(), last_.native(), request);
    });
  }
  void finish() { results_.wait(); }

  void take(Index offset, std::span<T> numbers) const {
    std::transform(results_.data() + offset, results_.data() + offset + numbers.size(), numbers.begin(), Wire::decode);
  }

 private:
  using Number = typename Wire::Number;

  /// [ranks, shards_here, slice], to the owners.
  Number* sent() { return exchanged_.data(); }
  /// [shards, slice], in order, as rank r has the r-th shards_here of them.
  Number* received() { return exchanged_.data() + shards_ * slice_; }

  /// Calls `use(owner, begin, part)` for the parts of the numbers that lie in one slice each.
  template <class Use>
  void in_slices(Index offset, std::span<const T> numbers, const Use& use) const {
    while (!numbers.empty()) {
      const Index begin = offset % slice_;
      const auto count = std::min(numbers.size(), static_cast<std::size_t>(slice_ - begin));
      use(offset / slice_, begin, numbers.first(count));
      numbers = numbers.subspan(count);
      offset += static_cast<Index>(count);
    }
  }

  /// Numbers [begin, end) of this rank's slice, of all shards.
  void combine(Index begin, Index end) {
    const bool is_mean = rule_ == ShardRule::mean;
    const Number* const first = received();
    const auto base = [&](Index i) { return is_mean ? Wire::decode(first[i]) : T(0); };
    T* const total = total_.data();
    std::fill(total + begin, total + end, T(0));
    for (Index shard = 0; shard < shards_; ++shard) {
      const Number* const numbers = received() + shard * slice_;
      for (Index i = begin; i < end; ++i) total[i] += Wire::decode(numbers[i]) - base(i);
    }
    const auto count = static_cast<T>(shards_);
    Number* const results = results_.data() + last_.rank() * slice_;
    for (Index i = begin; i < end; ++i) {
      results[i] = Wire::encode(is_mean ? base(i) + total[i] / count : total[i]);
    }
  }

  Communicator first_;
  Communicator last_;
  ShardRule rule_;
  Index shards_here_;
  Index shards_;
  Index slice_;
  Exchange<Number> exchanged_;  // what is sent, and what is received
  Exchange<Number> results_;    // [ranks, slice]
  PoolVector<T> total_;         // [slice]
  bool is_last_begun_ = false;
};

}  // namespace pupil::detail
