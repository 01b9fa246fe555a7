#pragma once
// Progress on standard error: one line that renews itself on a terminal, a plain line now and then elsewhere.

#include <chrono>
#include <string>

#include <pupil/io/terminal.hpp>

namespace captioner {

/// A standard error that is closed or full stops no work: what cannot be shown is not.
class ProgressLine {
 public:
  /// `is_silent`: shows and writes nothing, as where another process does so.
  explicit ProgressLine(bool is_silent = false);

  /// Whether `show` would show something now; ask before making a text that costs something.
  bool is_due() const { return !is_silent_ && Clock::now() >= next_; }

  /// Shows the state of the work, if the last one is long enough ago. On a terminal, what does not fit into its width
  /// is cut off: a longer line could not be renewed.
  void show(const std::string& text);

  /// Writes a line that stays.
  void print(const std::string& text);

  /// Takes the progress off a terminal.
  void clear() { line_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_silent_;
  bool terminal_;
  pupil::RenewedLine line_;
  Clock::time_point next_ = Clock::now();
};

}  // namespace captioner
