#pragma once
// Communicator: the processes that mpirun or srun started together, each of them a rank, and what they do in common.
//
//   const auto ranks = Communicator::world();
//   ranks.require_same("--seed", seed);
//   ranks.all_reduce_sum(losses);
//
// Every operation here is collective: all ranks call it, in the same order, with as much data, and from the thread that
// first asked for the world. A program whose rank may throw while others go on is run by run_ranks (run_ranks.hpp).

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/distributed/mpi_process.hpp>

namespace pupil {

namespace detail {

/// The value as text, the same for two numbers only where they are the same.
template <class Value>
std::string exact_text(const Value& value) {
  if constexpr (std::floating_point<Value>) {
    char digits[64];
    return {digits, std::to_chars(digits, digits + sizeof(digits), value).ptr};
  } else {
    return message(value);
  }
}

/// Texts of varying length, one a rank, as MPI gathers them: one behind the other.
struct TextLengths {
  explicit TextLengths(const std::vector<std::int64_t>& lengths) {
    mpi_count(std::reduce(lengths.begin(), lengths.end()));
    for (const std::int64_t length : lengths) {
      begins.push_back(begins.empty() ? 0 : begins.back() + counts.back());
      counts.push_back(static_cast<int>(length));
    }
  }

  std::size_t total() const { return static_cast<std::size_t>(begins.back() + counts.back()); }

  std::vector<std::string> split(const std::string& joined) const {
    std::vector<std::string> texts;
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
      texts.push_back(joined.substr(static_cast<std::size_t>(begins[rank]), static_cast<std::size_t>(counts[rank])));
    }
    return texts;
  }

  std::vector<int> counts;
  std::vector<int> begins;
};

}  // namespace detail

/// A value: copies are of the same ranks. Throws CommunicationError where MPI reports an error.
class Communicator {
 public:
  /// Of this process alone, which is rank 0 of 1; calls nothing of MPI.
  Communicator() = default;

  /// All ranks that were started together; a program that was started by itself is one of 1. Begins MPI where the
  /// program did not, and ends it with the last copy, when all ranks have come to that. After an exception that leaves
  /// the scope of the last copy it is not ended, so that nobody waits: see run_ranks. Once MPI has ended, throws
  /// CommunicationError.
  static Communicator world() {
    // MPI is of the process, and so is this.
    static std::mutex mutex;
    static std::weak_ptr<const detail::MpiCommunicator> living;
    const std::lock_guard lock(mutex);
    auto world = living.lock();
    if (world == nullptr) {
      auto process = std::make_shared<const detail::MpiProcess>();
      world = std::make_shared<const detail::MpiCommunicator>(std::move(process), MPI_COMM_WORLD);
      living = world;
    }
    return Communicator(std::move(world));
  }

  /// The same ranks, whose operations need not be in order with those of this one.
  Communicator duplicate() const {
    if (is_alone()) return {};
    return Communicator(std::make_shared<const detail::MpiCommunicator>(shared_, native()));
  }

  /// The number of this process, from 0 on.
  Index rank() const { return is_alone() ? 0 : shared_->rank(); }
  /// How many processes there are.
  Index size() const { return is_alone() ? 1 : shared_->size(); }

  /// Returns when all ranks have come here.
  void barrier() const {
    if (!is_alone()) detail::check_mpi(MPI_Barrier(native()), "wait for all ", size(), " ranks");
  }

  /// Every number becomes the sum of those that the ranks have in its place; the same bits on all ranks.
  void all_reduce_sum(std::span<float> numbers) const { sum(numbers); }
  /// The same, of doubles.
  void all_reduce_sum(std::span<double> numbers) const { sum(numbers); }
  /// The same, of indices.
  void all_reduce_sum(std::span<Index> numbers) const { sum(numbers); }

  /// The elements of a vector, array, span, string or tensor become those that `root` has.
  template <std::ranges::contiguous_range Range>
  requires std::is_trivially_copyable_v<std::ranges::range_value_t<Range>>
  void broadcast(Range&& elements, Index root = 0) const {
    check_root(root);
    if (is_alone()) return;
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(elements));
    in_pieces(bytes, [&](std::span<std::byte> piece) {
      const int code =
          MPI_Bcast(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, static_cast<int>(root), native());
      detail::check_mpi(code, "send ", piece.size(), " bytes of rank ", root, " to all");
    });
  }

  /// The bytes of every rank in the order of ranks, on `root`; elsewhere nothing. Throws CommunicationError where they
  /// are 2 GiB together.
  std::vector<std::string> gather(std::string_view bytes, Index root = 0) const {
    check_root(root);
    if (is_alone()) return {std::string(bytes)};
    const detail::TextLengths lengths = lengths_of_all(bytes);
    const bool is_root = rank() == root;
    std::string joined(is_root ? lengths.total() : 0, '\0');
    const int code =
        MPI_Gatherv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, joined.data(), lengths.counts.data(),
                    lengths.begins.data(), MPI_BYTE, static_cast<int>(root), native());
    detail::check_mpi(code, "gather the bytes of ", size(), " ranks on rank ", root);
    return is_root ? lengths.split(joined) : std::vector<std::string>();
  }

  /// The same on every rank.
  std::vector<std::string> all_gather(std::string_view bytes) const {
    if (is_alone()) return {std::string(bytes)};
    const detail::TextLengths lengths = lengths_of_all(bytes);
    std::string joined(lengths.total(), '\0');
    const int code = MPI_Allgatherv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, joined.data(),
                                    lengths.counts.data(), lengths.begins.data(), MPI_BYTE, native());
    detail::check_mpi(code, "gather the bytes of ", size(), " ranks on all");
    return lengths.split(joined);
  }

  /// For what must not differ: options, the data, the program's version. Throws the same OptionError on all ranks where
  /// one has another value than rank 0, for the first of them: "rank 2 has --seed 4, rank 0 has --seed 3". The value is
  /// a number, a text, or anything that can be printed.
  template <class Value>
  void require_same(std::string_view name, const Value& value) const {
    const std::vector<std::string> values = all_gather(detail::exact_text(value));
    const auto other = std::ranges::find_if(values, [&](const std::string& text) { return text != values.front(); });
    if (other == values.end()) return;
    throw OptionError(message("rank ", other - values.begin(), " has ", name, ' ', *other, ", rank 0 has ", name, ' ',
                              values.front()));
  }

  /// Ends the processes of all ranks at once, with this status, as where one rank cannot go on and others wait for it.
  /// Not collective; nothing is destroyed or written first.
  [[noreturn]] void abort(int status) const {
    if (!is_alone()) MPI_Abort(native(), status);
    std::_Exit(status);
  }

  bool is_alone() const { return shared_ == nullptr; }
  /// MPI's own communicator, for what is not here; MPI_COMM_NULL where this process is alone.
  MPI_Comm native() const { return is_alone() ? MPI_COMM_NULL : shared_->native(); }

 private:
  explicit Communicator(std::shared_ptr<const detail::MpiCommunicator> shared) : shared_(std::move(shared)) {}

  void check_root(Index root) const {
    require<IndexError>(root >= 0 && root < size(), "communicator: there is no rank ", root, " of ", size());
  }

  /// Calls `use(piece)` for consecutive pieces that MPI takes at once.
  template <class Element, class Use>
  static void in_pieces(std::span<Element> elements, const Use& use) {
    constexpr std::size_t most = std::size_t{1} << 30U;
    for (; !elements.empty(); elements = elements.subspan(std::min(most, elements.size()))) {
      use(elements.first(std::min(most, elements.size())));
    }
  }

  template <class Number>
  void sum(std::span<Number> numbers) const {
    if (is_alone()) return;
    in_pieces(numbers, [&](std::span<Number> piece) {
      const int code = MPI_Allreduce(MPI_IN_PLACE, piece.data(), static_cast<int>(piece.size()),
                                     detail::mpi_type_of<Number>(), MPI_SUM, native());
      detail::check_mpi(code, "sum ", piece.size(), " numbers over ", size(), " ranks");
    });
  }

  detail::TextLengths lengths_of_all(std::string_view bytes) const {
    std::vector<std::int64_t> lengths(static_cast<std::size_t>(size()));
    const auto length = static_cast<std::int64_t>(bytes.size());
    const int code = MPI_Allgather(&length, 1, MPI_INT64_T, lengths.data(), 1, MPI_INT64_T, native());
    detail::check_mpi(code, "gather the number of bytes of ", size(), " ranks");
    return detail::TextLengths(lengths);
  }

  std::shared_ptr<const detail::MpiCommunicator> shared_;
};

}  // namespace pupil
