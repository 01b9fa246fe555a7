#pragma once
// The lines on which places of a text stand.

#include <cstddef>
#include <string_view>

namespace captioner {

/// Lines end with \n, \r\n or \r.
class LineNumbers {
 public:
  explicit LineNumbers(std::string_view text) : text_(text) {}

  /// The line of the byte at `position`, counted from 1. To be asked for in rising order: each byte is read once.
  std::size_t line_at(std::size_t position) {
    for (; read_ < position; ++read_) {
      const bool ends_line =
          text_[read_] == '\n' || (text_[read_] == '\r' && !text_.substr(read_ + 1).starts_with('\n'));
      line_ += ends_line ? 1 : 0;
    }
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t read_ = 0;
  std::size_t line_ = 1;
};

}  // namespace captioner
