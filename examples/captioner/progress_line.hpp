#pragma once
// Progress on standard error: one line that renews itself on a terminal, a plain line now and then elsewhere.

#include <chrono>
#include <cstdio>
#include <string>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace captioner {

/// Seconds as "1:02:03" or "2:03".
inline std::string format_duration(double seconds) {
  const auto total = static_cast<long>(seconds + 0.5);
  char text[32];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", total / 60, total % 60);
  }
  return text;
}

class ProgressLine {
 public:
  ProgressLine() : terminal_(is_terminal()) {
    if (!terminal_) next_ += plain_interval;  // short work stays silent
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  /// Whether `show` would show something now; ask before making a text that costs something.
  bool is_due() const { return Clock::now() >= next_; }

  /// Shows the state of the work, if the last one is long enough ago.
  void show(const std::string& text) {
    if (!is_due()) return;
    next_ = Clock::now() + (terminal_ ? std::chrono::milliseconds(200) : plain_interval);
    if (terminal_) {
      std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
    } else {
      std::fprintf(stderr, "%s\n", text.c_str());
    }
    std::fflush(stderr);
    shown_ = terminal_;
  }

  /// Writes a line that stays.
  void print(const std::string& text) {
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
    std::fflush(stderr);
  }

  /// Takes the progress off a terminal.
  void clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds plain_interval{30000};

  static bool is_terminal() {
#if __has_include(<unistd.h>)
    return isatty(fileno(stderr)) == 1;
#else
    return false;
#endif
  }

  bool terminal_;
  bool shown_ = false;
  Clock::time_point next_ = Clock::now();
};

}  // namespace captioner
