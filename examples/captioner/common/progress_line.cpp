#include "progress_line.hpp"

#include <cstdio>

#include <pupil/io/terminal.hpp>

#include "../../command_line/one_line.hpp"
#include "../../command_line/standard_streams.hpp"

namespace captioner {

namespace {

constexpr std::chrono::milliseconds terminal_interval{200};
constexpr std::chrono::milliseconds plain_interval{30000};

}  // namespace

ProgressLine::ProgressLine(bool is_silent) : is_silent_(is_silent), terminal_(pupil::has_terminal()) {
  if (!terminal_) next_ += plain_interval;  // short work stays silent
}

void ProgressLine::show(const std::string& text) {
  if (!is_due()) return;
  next_ = Clock::now() + (terminal_ ? terminal_interval : plain_interval);
  if (!terminal_) return command_line::write_error_line(text);
  // The last column stays free: a terminal that has filled it may go on to the next line.
  const std::string line = command_line::one_line(text);
  const std::string cut(pupil::fitting(line, pupil::terminal_columns() - 1));
  std::fprintf(stderr, "\r%s\x1b[K", cut.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::print(const std::string& text) {
  if (is_silent_) return;
  clear();
  command_line::write_error_line(text);
}

void ProgressLine::clear() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

}  // namespace captioner
