#pragma once
// MPI in this process, from its beginning to its end, and the communicators that are made of it.

#include <exception>
#include <memory>
#include <utility>

#include <pupil/distributed/mpi_calls.hpp>

namespace pupil::detail {

/// Tells whether its owner is destroyed because of an exception. Other ranks may then wait for this one in an operation
/// that it never comes to, so nothing may be done that waits for them.
class UnwindingMark {
 public:
  bool is_unwinding() const { return std::uncaught_exceptions() > exceptions_at_start_; }

 private:
  int exceptions_at_start_ = std::uncaught_exceptions();
};

/// Begins MPI where nobody did so before, and then ends it.
class MpiProcess {
 public:
  /// Throws CommunicationError where MPI has ended already, or was begun for programs without threads.
  MpiProcess() {
    int is_over = 0;
    check_mpi(MPI_Finalized(&is_over), "ask whether MPI has ended");
    require<CommunicationError>(is_over == 0, "communicator: MPI has ended, and a process can begin it only once; ",
                                "keep a copy of the first world as long as there is work");
    int is_begun = 0;
    check_mpi(MPI_Initialized(&is_begun), "ask whether MPI has begun");
    if (is_begun == 0) begin();
    check_threads();
  }
  MpiProcess(const MpiProcess&) = delete;
  MpiProcess& operator=(const MpiProcess&) = delete;
  /// MPI ends when all ranks have come to this, so after an exception it is left as it is: the process then ends
  /// without, which mpirun takes for a failure of all.
  ~MpiProcess() {
    int is_over = 0;
    if (!is_owner_ || mark_.is_unwinding() || MPI_Finalized(&is_over) != MPI_SUCCESS || is_over != 0) return;
    MPI_Finalize();
  }

 private:
  void begin() {
    int provided = 0;
    check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided), "begin MPI");
    is_owner_ = true;
    // Calls that belong to no communicator of ours return their errors too.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  }

  static void check_threads() {
    int provided = 0;
    check_mpi(MPI_Query_thread(&provided), "ask which threads MPI allows");
    require<CommunicationError>(provided >= MPI_THREAD_FUNNELED, "communicator: MPI was begun for programs without ",
                                "threads, and pupil has some; begin it by MPI_Init_thread with MPI_THREAD_FUNNELED");
  }

  bool is_owner_ = false;
  UnwindingMark mark_;
};

/// A communicator of MPI's with all ranks, which nobody else uses. It is made and freed by all ranks together.
class MpiCommunicator {
 public:
  /// A duplicate of `copied`. What keeps MPI from ending is kept as long.
  MpiCommunicator(std::shared_ptr<const void> keeper, MPI_Comm copied) : keeper_(std::move(keeper)) {
    check_mpi(MPI_Comm_dup(copied, &native_), "duplicate a communicator");
    check_mpi(MPI_Comm_set_errhandler(native_, MPI_ERRORS_RETURN), "have errors returned");
    check_mpi(MPI_Comm_rank(native_, &rank_), "ask for the rank");
    check_mpi(MPI_Comm_size(native_, &size_), "ask for the number of ranks");
  }
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;
  ~MpiCommunicator() {
    int is_over = 0;
    if (mark_.is_unwinding() || MPI_Finalized(&is_over) != MPI_SUCCESS || is_over != 0) return;
    MPI_Comm_free(&native_);
  }

  MPI_Comm native() const { return native_; }
  int rank() const { return rank_; }
  int size() const { return size_; }

 private:
  std::shared_ptr<const void> keeper_;
  MPI_Comm native_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  UnwindingMark mark_;
};

}  // namespace pupil::detail
