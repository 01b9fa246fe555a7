#include "alt_review.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/csv.hpp>
#include <pupil/io/text_file.hpp>

#include "alt_edit.hpp"

namespace captioner {

namespace {

using pupil::FileError;
using pupil::require;

/// Where each column is.
struct Columns {
  std::size_t page, line, image, alt, approved;
  std::size_t count;
};

Columns read_columns(const pupil::captioning::CsvRow& header, const std::string& name) {
  const auto find = [&](std::string_view column) {
    const auto found = std::ranges::find_if(
        header.fields, [&](const std::string& field) { return pupil::ascii_lower(single_line(field)) == column; });
    require<FileError>(found != header.fields.end(), name, ": has no column '", column, "', but ",
                       pupil::shown_line(pupil::joined(header.fields)), "; --apply wants what captioner alt wrote");
    return static_cast<std::size_t>(found - header.fields.begin());
  };
  return {find("file"), find("line"), find("image"), find("alt"), find("approved"), header.fields.size()};
}

bool read_approval(const std::string& field, const std::string& where) {
  const std::string word = pupil::ascii_lower(single_line(field));
  constexpr std::array<std::string_view, 5> yes{"yes", "y", "x", "true", "1"};
  constexpr std::array<std::string_view, 5> no{"", "no", "n", "false", "0"};
  const bool is_yes = std::ranges::find(yes, word) != yes.end();
  require<FileError>(is_yes || std::ranges::find(no, word) != no.end(), where, "approved is '",
                     pupil::shown_line(field), "', which is neither yes nor no");
  return is_yes;
}

std::size_t read_line_number(const std::string& field, const std::string& where) {
  std::size_t line = 0;
  const char* const end = field.data() + field.size();
  const auto read = std::from_chars(field.data(), end, line);
  require<FileError>(read.ec == std::errc() && read.ptr == end && line > 0, where, "line is '",
                     pupil::shown_line(field), "', which is no number of a line");
  return line;
}

AltRow read_row(const pupil::captioning::CsvRow& row, const Columns& columns, const std::string& name) {
  const std::string where = pupil::message(name, ": line ", row.line, ": ");
  require<FileError>(row.fields.size() == columns.count, where, "has ", row.fields.size(), " fields, the first line ",
                     columns.count);
  AltRow read{row.fields[columns.page],
              read_line_number(row.fields[columns.line], where),
              row.fields[columns.image],
              single_line(row.fields[columns.alt]),
              {},
              read_approval(row.fields[columns.approved], where),
              row.line};
  pupil::captioning::require_utf8(read.alt, name, row.line);  // names of files may be any bytes
  require<FileError>(!read.approved || !read.alt.empty(), where, "the approved text of ", pupil::shown_line(read.image),
                     " is empty; what is to be passed over gets alt=\"\" by hand");
  return read;
}

}  // namespace

std::string alt_review_header() { return "file,line,image,alt,confidence,approved\n"; }

std::string to_csv(const AltRow& row) {
  char confidence[32] = "";
  if (row.confidence) std::snprintf(confidence, sizeof confidence, "%.2f", *row.confidence);
  return pupil::captioning::csv_field(row.page) + ',' + std::to_string(row.line) + ',' +
         pupil::captioning::csv_field(row.image) + ',' + pupil::captioning::csv_field(row.alt) + ',' + confidence +
         ",\n";
}

std::vector<AltRow> read_alt_review(const std::string& path) {
  const pupil::captioning::TextFile file(path);
  pupil::captioning::CsvReader reader(file.text(), file.name());
  pupil::captioning::CsvRow row;
  require<FileError>(reader.next(row), path, ": is empty");
  const Columns columns = read_columns(row, path);
  std::vector<AltRow> rows;
  while (reader.next(row)) rows.push_back(read_row(row, columns, path));
  return rows;
}

}  // namespace captioner
