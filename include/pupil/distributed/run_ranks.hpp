#pragma once
// run_ranks: what one rank throws ends them all. Without it the others would wait for ever in the next operation that
// they have in common.

#include <chrono>
#include <exception>
#include <string_view>
#include <thread>

#include <pupil/core/function_ref.hpp>
#include <pupil/distributed/communicator.hpp>

namespace pupil {

namespace detail {

/// Tells of the failure, and ends all ranks.
[[noreturn]] inline void fail_all(const Communicator& communicator, std::string_view error,
                                  FunctionRef<void(Index rank, std::string_view error)> report, int status) {
  // What all ranks throw, such as an option that does not exist, is better said once: rank 0 ends the others meanwhile.
  if (communicator.rank() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  try {
    report(communicator.rank(), error);
  } catch (...) {  // It could not be told; they end all the same.
  }
  communicator.abort(status);
}

}  // namespace detail

/// Returns `run()`. Where it throws on any rank, this rank calls `report(rank, error)`, which may print both, and then
/// ends the processes of all ranks with `status`, within seconds and without destroying anything. Nothing is printed
/// here. In a world of one there is nobody to be ended, and the exception goes on to the caller.
///
///   const auto ranks = Communicator::world();
///   run_ranks(ranks, [&] { train(ranks); }, [](Index rank, std::string_view error) {
///     std::cerr << "rank " << rank << ": " << error << std::endl;
///   });
template <class Run>
auto run_ranks(const Communicator& communicator, Run&& run,
               FunctionRef<void(Index rank, std::string_view error)> report, int status = 1) {
  if (communicator.size() == 1) return run();
  try {
    return run();
  } catch (const std::exception& error) {
    detail::fail_all(communicator, error.what(), report, status);
  } catch (...) {
    detail::fail_all(communicator, "an exception that has no text", report, status);
  }
}

}  // namespace pupil
