#pragma once
// Comma-separated values as RFC 4180 has them, or separated by another character: a field may stand in double quotes,
// and then holds commas, line ends and doubled quotes. Strict, because a row that is read wrongly is a caption that is
// learned wrongly.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>

namespace pupil::captioning {

/// One row of a CSV file.
struct CsvRow {
  std::size_t line = 0;  ///< where the row starts, counted from 1
  std::vector<std::string> fields;
};

/// Reads rows one after another from text that the caller keeps.
class CsvReader {
 public:
  /// `name` is what errors call the text: the path of the file. A byte order mark at the start is skipped.
  CsvReader(std::string_view text, std::string name, char separator = ',')
      : rest_(without_byte_order_mark(text)),
        name_(std::move(name)),
        separator_(separator),
        line_end_(text.find('\n') == text.npos ? '\r' : '\n') {}

  /// Reads the next row; false at the end of the text. Empty lines are skipped; lines end with \n or \r\n, or with
  /// \r where the text has no \n. Throws FileError, with the line at which the row starts, where a quote is never
  /// closed, stands inside an unquoted field, or is followed by more text.
  bool next(CsvRow& row) {
    while (take_line_end()) {
    }
    if (rest_.empty()) return false;
    row.line = line_;
    row.fields.clear();
    do {
      row.fields.push_back(rest_.starts_with('"') ? quoted_field(row.line) : plain_field(row.line));
    } while (take({&separator_, 1}));
    return true;
  }

 private:
  bool take(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool take_line_end() {
    if (!take({&line_end_, 1}) && !take("\r\n")) return false;
    ++line_;
    return true;
  }

  bool at_field_end() const {
    return rest_.empty() || rest_.starts_with(separator_) || rest_.starts_with(line_end_) || rest_.starts_with("\r\n");
  }

  std::string plain_field(std::size_t row_line) {
    std::string field;
    while (!at_field_end() && rest_.front() != '"') {
      field += rest_.front();
      rest_.remove_prefix(1);
    }
    require<FileError>(at_field_end(), name_, ": line ", row_line, ": a quote inside the unquoted field '",
                       shown_line(field), "'");
    return field;
  }

  std::string quoted_field(std::size_t row_line) {
    std::string field;
    take("\"");
    for (;;) {
      require<FileError>(!rest_.empty(), name_, ": line ", row_line, ": a quote is opened and never closed");
      if (take("\"\"")) {
        field += '"';
      } else if (take("\"")) {
        break;
      } else {
        if (rest_.front() == line_end_) ++line_;
        field += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    require<FileError>(at_field_end(), name_, ": line ", row_line, ": text after a closing quote");
    return field;
  }

  std::string_view rest_;
  std::string name_;
  char separator_;
  char line_end_;
  std::size_t line_ = 1;
};

/// A field as it is written: in quotes where it holds a comma, a quote or a line end.
inline std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

}  // namespace pupil::captioning
