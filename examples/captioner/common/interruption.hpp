#pragma once
// Ctrl-C and termination as a wish that long work looks at: it ends as after an error, and cleans up.

#include <atomic>
#include <csignal>
#include <exception>
#include <string>
#include <utility>

namespace captioner {

/// Thrown where the user wants the work to end.
class Interrupted : public std::exception {
 public:
  explicit Interrupted(std::string message = "interrupted") : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// From now on SIGINT and SIGTERM end the program at once.
inline void end_at_interruptions() {
  for (const int ending : {SIGINT, SIGTERM}) std::signal(ending, SIG_DFL);
}

namespace detail {

/// The signal that was noted; 0: none. A signal handler can reach nothing but a static.
inline std::atomic<int> noted_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "for signal handlers");

extern "C" inline void note_signal(int signal) {
  noted_signal = signal;
  end_at_interruptions();
#ifdef SIGHUP
  if (signal == SIGHUP) std::signal(SIGHUP, SIG_DFL);
#endif
}

}  // namespace detail

/// From now on the first SIGINT, SIGTERM or SIGHUP is only noted; a second one ends the program as ever.
inline void note_interruptions() {
  std::signal(SIGINT, detail::note_signal);
  std::signal(SIGTERM, detail::note_signal);
#ifdef SIGHUP
  if (std::signal(SIGHUP, detail::note_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // as nohup wants it
#endif
}

/// The signal that was noted; 0: none.
inline int noted_interruption() { return detail::noted_signal; }

inline bool is_interrupted() { return noted_interruption() != 0; }

/// Notes a signal that another process had, where none was noted here; 0 is none.
inline void note_interruption(int signal) {
  if (!is_interrupted()) detail::noted_signal = signal;
}

/// What a shell calls the end by the signal that was noted: 130 for SIGINT.
inline int interrupted_status() { return 128 + detail::noted_signal; }

/// Throws Interrupted where an interruption was noted.
inline void stop_if_interrupted() {
  if (is_interrupted()) throw Interrupted();
}

}  // namespace captioner
