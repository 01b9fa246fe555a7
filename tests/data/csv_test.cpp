#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/csv.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::error_of;

namespace {

using Fields = std::vector<std::string>;

std::vector<Fields> rows_of(std::string_view text) {
  CsvReader reader(text, "file.csv");
  std::vector<Fields> rows;
  CsvRow row;
  while (reader.next(row)) rows.push_back(row.fields);
  return rows;
}

std::string csv_error_of(std::string_view text) {
  return pupil::testing::error_of<FileError>([&] { rows_of(text); });
}

}  // namespace

TEST_CASE("plain fields are split at commas and rows at line ends") {
  CHECK(rows_of("a,b\nc,d\n") == std::vector<Fields>{{"a", "b"}, {"c", "d"}});
  CHECK(rows_of("a,b\nc,d") == std::vector<Fields>{{"a", "b"}, {"c", "d"}});
  CHECK(rows_of("").empty());
}

TEST_CASE("quoted fields hold commas, line ends and doubled quotes") {
  CHECK(rows_of("x,\"a, b\"\n") == std::vector<Fields>{{"x", "a, b"}});
  CHECK(rows_of("x,\"say \"\"hi\"\"\"\n") == std::vector<Fields>{{"x", "say \"hi\""}});
  CHECK(rows_of("\"two\nlines\",y\n") == std::vector<Fields>{{"two\nlines", "y"}});
  CHECK(rows_of("\"\",\"\"\"\"\n") == std::vector<Fields>{{"", "\""}});
}

TEST_CASE("empty fields count, empty lines do not") {
  CHECK(rows_of(",a,\n") == std::vector<Fields>{{"", "a", ""}});
  CHECK(rows_of("a\n\n\r\nb\n\n") == std::vector<Fields>{{"a"}, {"b"}});
}

TEST_CASE("Windows line ends and a byte order mark are taken away") {
  CHECK(rows_of("\xEF\xBB\xBFimage,caption\r\n\"a\",b\r\n") == std::vector<Fields>{{"image", "caption"}, {"a", "b"}});
}

TEST_CASE("an old Mac's line ends are such where there are no others") {
  CHECK(rows_of("a,b\r\r\"c\rd\",e\r") == std::vector<Fields>{{"a", "b"}, {"c\rd", "e"}});
  CHECK(rows_of("a,b\rc\nd,e\n") == std::vector<Fields>{{"a", "b\rc"}, {"d", "e"}});
}

TEST_CASE("a row knows the line at which it starts, past lines within quotes") {
  CsvReader reader("a\n\"b\nb\"\n\nc\n", "file.csv");
  CsvRow row;
  std::vector<std::size_t> lines;
  while (reader.next(row)) lines.push_back(row.line);
  CHECK(lines == std::vector<std::size_t>{1, 2, 5});
}

TEST_CASE("a quote that is never closed is an error at its row") {
  CHECK(csv_error_of("a,b\nc,\"d\ne,f\n") == "file.csv: line 2: a quote is opened and never closed");
}

TEST_CASE("a quote inside an unquoted field is an error") {
  CHECK(csv_error_of("a,b\nc,d \"e\"\n") == "file.csv: line 2: a quote inside the unquoted field 'd '");
}

TEST_CASE("a field of a megabyte is read in time that grows with its length alone") {
  const std::string field(1 << 20,
                          'x');  // in time that grows with its square, it would take the better part of an hour
  CHECK(rows_of("a," + field + "\nb,\"" + field + "\"\n") == std::vector<Fields>{{"a", field}, {"b", field}});
  CHECK(csv_error_of(field + "\"") ==
        "file.csv: line 1: a quote inside the unquoted field '" + std::string(80, 'x') + "...'");
}

TEST_CASE("text after a closing quote is an error") {
  CHECK(csv_error_of("a,\"b\" c\n") == "file.csv: line 1: text after a closing quote");
}

TEST_CASE("a written field is read back as it was") {
  for (const std::string_view text : {"plain", "a, b", "say \"hi\"", "two\nlines", "", "cr\r"}) {
    CAPTURE(text);
    CHECK(rows_of("x," + csv_field(text) + "\n") == std::vector<Fields>{{"x", std::string(text)}});
  }
  CHECK(csv_field("plain") == "plain");
}
