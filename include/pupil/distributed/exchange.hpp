#pragma once
// Exchange: memory, and the operation of MPI that reads and writes it while this process does other things.

#include <memory>
#include <utility>

#include <pupil/core/shape.hpp>
#include <pupil/distributed/mpi_calls.hpp>

namespace pupil::detail {

/// Zeros at first. The memory of an operation that never ended, because of an exception, is never given back: MPI may
/// still write to it.
template <class Number>
class Exchange {
 public:
  explicit Exchange(Index size) : numbers_(std::make_unique<Number[]>(static_cast<std::size_t>(size))) {}
  Exchange(Exchange&& other) noexcept
      : numbers_(std::move(other.numbers_)), request_(std::exchange(other.request_, MPI_REQUEST_NULL)) {}
  Exchange& operator=(Exchange&&) = delete;
  ~Exchange() {
    if (request_ != MPI_REQUEST_NULL) static_cast<void>(numbers_.release());
  }

  Number* data() { return numbers_.get(); }
  const Number* data() const { return numbers_.get(); }

  /// Calls `start(request)`, which begins a nonblocking operation of MPI and returns its code.
  template <class Start>
  void begin(const Start& start) {
    check_mpi(start(&request_), "begin to exchange gradients");
  }

  /// Whether the operation has ended. Asking is what lets MPI go on with it, and with all others.
  bool has_ended() {
    int has_ended = 1;
    if (request_ != MPI_REQUEST_NULL) check_mpi(MPI_Test(&request_, &has_ended, MPI_STATUS_IGNORE), exchanging);
    return has_ended != 0;
  }

  void wait() {
    if (request_ != MPI_REQUEST_NULL) check_mpi(MPI_Wait(&request_, MPI_STATUS_IGNORE), exchanging);
  }

 private:
  static constexpr const char* exchanging = "exchange gradients";

  std::unique_ptr<Number[]> numbers_;
  MPI_Request request_ = MPI_REQUEST_NULL;
};

}  // namespace pupil::detail
