#include "progress_line.hpp"

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
  line_.draw(command_line::one_line(text));
}

void ProgressLine::print(const std::string& text) {
  if (is_silent_) return;
  clear();
  command_line::write_error_line(text);
}

}  // namespace captioner
