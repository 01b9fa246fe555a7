#pragma once
// How MPI is called: its errors are exceptions. Only the C interface of MPI 3.1 is used.

#include <cstdint>
#include <limits>
#include <string>

#include <mpi.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

/// An operation between processes that failed; the message says what was tried and what MPI says of it.
class CommunicationError : public Error {
 public:
  using Error::Error;
};

namespace detail {

inline std::string mpi_error_text(int code) {
  std::string text(MPI_MAX_ERROR_STRING, ' ');
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) return message("MPI's error ", code);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// Throws CommunicationError, "cannot " and what was tried, unless the call of MPI that gave this code succeeded.
template <class... Parts>
void check_mpi(int code, const Parts&... tried) {
  if (code != MPI_SUCCESS) [[unlikely]] {
    throw CommunicationError(message("communicator: cannot ", tried..., ": ", mpi_error_text(code)));
  }
}

/// MPI counts in ints. Throws CommunicationError for what has more than they reach.
inline int mpi_count(Index count) {
  require<CommunicationError>(count <= std::numeric_limits<int>::max(), "communicator: MPI does not take ", count,
                              " items at once");
  return static_cast<int>(count);
}

inline MPI_Datatype mpi_type(const float*) { return MPI_FLOAT; }
inline MPI_Datatype mpi_type(const double*) { return MPI_DOUBLE; }
inline MPI_Datatype mpi_type(const std::int64_t*) { return MPI_INT64_T; }
inline MPI_Datatype mpi_type(const std::uint16_t*) { return MPI_UINT16_T; }

/// MPI's name of a type of numbers.
template <class Number>
MPI_Datatype mpi_type_of() {
  return mpi_type(static_cast<const Number*>(nullptr));
}

}  // namespace detail

}  // namespace pupil
