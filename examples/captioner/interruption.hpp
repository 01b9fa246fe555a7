#pragma once
// Ctrl-C and termination as a wish that training looks at between two steps.

#include <csignal>

namespace captioner {

namespace detail {

// A signal handler can reach nothing but a static.
inline volatile std::sig_atomic_t interrupted = 0;

}  // namespace detail

/// From now on the first SIGINT or SIGTERM is only noted; a second one ends the program as ever.
inline void note_interruptions() {
  const auto note = [](int signal) {
    detail::interrupted = 1;
    std::signal(signal, SIG_DFL);
  };
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
}

inline bool is_interrupted() { return detail::interrupted != 0; }

}  // namespace captioner
