#pragma once
// Standard output and standard error as a program should use them: what was not written to the one is an error, at
// once; what cannot be said on the other stops no work.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>

#include <pupil/io/system.hpp>

#if PUPIL_POSIX
#include <poll.h>
#endif

#include "one_line.hpp"

namespace command_line {

/// Nobody reads standard output any more, as after `| head -1`: a reason to stop, and none to complain.
class ClosedPipe : public std::exception {
 public:
  const char* what() const noexcept override { return "standard output: nobody reads it any more"; }
};

namespace detail {

/// Throws ClosedPipe, or FileError `standard output: No space left on device`.
[[noreturn]] inline void throw_output_error(int code) {
  if (code == EPIPE) throw ClosedPipe();
  throw pupil::FileError("standard output: " + std::generic_category().message(code));
}

#if PUPIL_POSIX

/// A standard stream may be a terminal or a pipe that somebody else has made non-blocking.
inline void wait_for_room(int descriptor) {
  pollfd room{descriptor, POLLOUT, 0};
  static_cast<void>(pupil::retry_interrupted([&] { return ::poll(&room, 1, -1); }));
}

#endif

}  // namespace detail

/// To be called before anything is opened. A standard stream that the program was started without gets a descriptor
/// that can only be read: else the next file would get its number, and what is said would be written into a checkpoint.
inline void hold_standard_descriptors() {
#if PUPIL_POSIX
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    static_cast<void>(::open("/", O_RDONLY));  // gets the lowest free number; this folder is there whatever else is not
  }
#endif
}

/// Makes errors of what would end the program at once, with its temporary files left behind: nobody reads a pipe, or a
/// file is larger than it may be.
inline void make_errors_of_write_signals() {
#ifdef SIGPIPE
  std::signal(SIGPIPE, SIG_IGN);
#endif
#ifdef SIGXFSZ
  std::signal(SIGXFSZ, SIG_IGN);
#endif
}

/// Ends the program as one ends that knows nothing of closed pipes: by the signal, which a shell shows as status 141.
[[noreturn]] inline void end_by_closed_pipe() {
#ifdef SIGPIPE
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
#endif
  std::_Exit(141);
}

/// Throws FileError where nothing could be written in any case, so that no work is done for output that has no place.
inline void require_output() {
#if PUPIL_POSIX
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  if (flags == -1 || (flags & O_ACCMODE) == O_RDONLY) detail::throw_output_error(EBADF);
#endif
}

/// Writes to standard output and hands it to the system: whoever reads it has it when this returns. Throws FileError
/// where it cannot be written, ClosedPipe where nobody reads it.
inline void write_output(std::string_view text) {
#if PUPIL_POSIX
  while (!text.empty()) {
    const auto count = pupil::retry_interrupted([&] { return ::write(STDOUT_FILENO, text.data(), text.size()); });
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      detail::wait_for_room(STDOUT_FILENO);
    } else {
      detail::throw_output_error(errno);
    }
  }
#else
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) detail::throw_output_error(errno);
#endif
}

/// To be called after the last output: some file systems, such as NFS, say only at the end that they had no space.
inline void finish_output() {
#if PUPIL_POSIX
  pupil::FileDescriptor copy(::dup(STDOUT_FILENO));
  if (copy.valid() && !copy.close()) detail::throw_output_error(errno);
#endif
}

/// Writes a line to standard error, in one piece. Where that fails, there is nobody left to tell.
inline void write_error_line(std::string_view text) {
  const std::string line = one_line(text) + "\n";
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
  std::fflush(stderr);
}

}  // namespace command_line
