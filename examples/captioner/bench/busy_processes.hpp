#pragma once
// Other work on the same machine, to time a program beside it: processes that keep a processor busy each.

#include <system_error>
#include <vector>

#if __has_include(<sys/wait.h>)
#include <cerrno>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>
#else
#include <pupil/core/errors.hpp>
#endif
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace captioner {

#if __has_include(<sys/wait.h>)

/// Processes that compute for as long as this lives, and no longer than the process that made it, however that ends.
/// Each is a session of its own, as what somebody runs in another terminal is: Linux shares the processors out among
/// sessions. Throws std::system_error where the system gives no process.
class BusyProcesses {
 public:
  explicit BusyProcesses(int count) {
    const pid_t parent = ::getpid();
    for (int i = 0; i < count; ++i) {
      const pid_t process = ::fork();
      if (process == 0) keep_busy(parent);
      if (process < 0) {
        const int error = errno;
        end();
        throw std::system_error(error, std::generic_category(), "bench: cannot start a process to run beside");
      }
      processes_.push_back(process);
    }
  }
  BusyProcesses(const BusyProcesses&) = delete;
  BusyProcesses& operator=(const BusyProcesses&) = delete;
  ~BusyProcesses() { end(); }

 private:
  /// Only what a child of a process with threads may call.
  [[noreturn]] static void keep_busy(pid_t parent) {
    ::setsid();
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    volatile double number = 1;
    while (::getppid() == parent) {  // where the system does not tell it of its parent's end, or too early
      for (int i = 0; i < 100'000; ++i) number = number * 1.000'000'1 + 1e-9;
    }
    ::_exit(0);
  }

  void end() {
    for (const pid_t process : processes_) ::kill(process, SIGKILL);
    for (const pid_t process : processes_) ::waitpid(process, nullptr, 0);
    processes_.clear();
  }

  std::vector<pid_t> processes_;
};

#else

class BusyProcesses {
 public:
  explicit BusyProcesses(int) { throw pupil::OptionError("--beside: this system has no processes as POSIX has them"); }
};

#endif

}  // namespace captioner
