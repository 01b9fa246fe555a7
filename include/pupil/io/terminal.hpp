#pragma once
// The terminal on standard error: whether there is one that can renew a line, what fits into it, and such a line.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <pupil/io/system.hpp>

#if PUPIL_POSIX
#include <sys/ioctl.h>
#endif

namespace pupil {

/// Whether standard error is a terminal that can go back to the beginning of a line and erase it.
inline bool has_terminal() {
#if PUPIL_POSIX
  const char* const kind = std::getenv("TERM");
  const bool is_dumb = kind != nullptr && std::string_view(kind) == "dumb";
  return !is_dumb && ::isatty(STDERR_FILENO) == 1;
#else
  return false;
#endif
}

/// Its columns now: a window may change its size at any time. 80 where the terminal does not know.
inline std::size_t terminal_columns() {
#if PUPIL_POSIX && defined(TIOCGWINSZ)
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
#endif
  return 80;
}

/// The beginning of a text of UTF-8 that surely fits into so many columns. A character from U+1100 on, where wide ones
/// begin, counts as two, though some are narrower; a character is never cut apart.
inline std::string_view fitting(std::string_view text, std::size_t columns) {
  constexpr unsigned char first_wide = 0xE1;  // leads U+1000 to U+1FFF
  std::size_t used = 0, i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t width = lead >= first_wide ? 2 : 1;
    if (used + width > columns) break;
    used += width;
    do ++i;
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80);
  }
  return text.substr(0, i);
}

/// The line of a terminal that is drawn anew in its place, and taken off when this is destroyed.
class RenewedLine {
 public:
  RenewedLine() = default;
  RenewedLine(const RenewedLine&) = delete;
  RenewedLine& operator=(const RenewedLine&) = delete;
  ~RenewedLine() { clear(); }

  /// Draws the text in the place of what was drawn before: cut to the width of the terminal, as a longer line could not
  /// be renewed, with spaces in the place of control characters.
  void draw(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    // The last column stays free: a terminal that has filled it may go on to the next line.
    const std::string cut(fitting(text, terminal_columns() - 1));
    std::fprintf(stderr, "\r%s\x1b[K", cut.c_str());
    std::fflush(stderr);
    is_drawn_ = true;
  }

  /// Takes it off, so that a line that stays can be printed.
  void clear() {
    if (is_drawn_) std::fputs("\r\x1b[K", stderr);
    is_drawn_ = false;
  }

 private:
  bool is_drawn_ = false;
};

}  // namespace pupil
