#pragma once
// ProgressBar: how far long work has come, on the standard error of a terminal.
//
//   ProgressBar bar(batches.size(), "epoch 3");
//   for (auto& [images, labels] : batches.epoch(3)) {
//     ...
//     bar.advance(message("loss ", loss.value));
//   }
//
//   epoch 3 [=============>                ] 44%  53/120, 0:12 left, loss 0.4136
//
// Where standard error is a file or a pipe nothing is written, so that logs stay short.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/terminal.hpp>

namespace pupil {

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

/// The line of a bar: `done` of `total` items took so many seconds. What is left is thought to take as long for each;
/// of the first item nobody knows. The note comes last.
inline std::string progress_line(std::string_view label, Index done, Index total, double seconds,
                                 std::string_view note) {
  constexpr std::size_t width = 30;
  const double part = total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 1.0;
  const auto filled = static_cast<std::size_t>(part * width);
  std::string bar(width, ' ');
  std::fill_n(bar.begin(), filled, '=');
  if (filled < width) bar[filled] = '>';
  std::string line =
      message(label, label.empty() ? "[" : " [", bar, "] ", static_cast<int>(part * 100), "%  ", done, '/', total);
  if (done > 0 && done < total) {
    line += ", " + format_duration(seconds / static_cast<double>(done) * static_cast<double>(total - done)) + " left";
  }
  return note.empty() ? line : message(line, ", ", note);
}

/// Draws the line five times a second at most, cut to the width of the terminal, and takes it off when it is destroyed.
/// For one thread at a time.
class ProgressBar {
 public:
  /// Throws OptionError for a negative total.
  explicit ProgressBar(Index total, std::string label = {}) : ProgressBar(total, std::move(label), has_terminal()) {}
  /// `is_shown`: whether to draw, whatever standard error is.
  ProgressBar(Index total, std::string label, bool is_shown)
      : total_(total), label_(std::move(label)), is_shown_(is_shown) {
    require<OptionError>(total >= 0, "progress_bar: a total of ", total, " is negative");
  }

  /// One item more is done. The note, such as a loss, stands behind the bar.
  void advance(std::string_view note = {}) {
    ++done_;
    const auto now = Clock::now();
    if (!is_shown_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    line_.draw(progress_line(label_, done_, total_, seconds, note));
  }

  /// Takes the bar off the terminal, so that a program can print a line of its own; the next `advance` draws it anew.
  void clear() { line_.clear(); }

  Index done() const { return done_; }

 private:
  using Clock = std::chrono::steady_clock;

  Index done_ = 0;
  Index total_;
  std::string label_;
  bool is_shown_;
  RenewedLine line_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
};

}  // namespace pupil
