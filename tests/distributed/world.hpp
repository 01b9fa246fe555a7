#pragma once
// The ranks that run this program. MPI can begin only once in a process, so all tests share them.

#include <pupil/distributed/communicator.hpp>

namespace pupil::testing {

inline const Communicator& world() {
  static const Communicator ranks = Communicator::world();
  return ranks;
}

}  // namespace pupil::testing
