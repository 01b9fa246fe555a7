#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/json_reader.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

std::string read_string(const std::string& text) { return JsonReader(text, "file").string(); }
std::uint64_t read_number(const std::string& text) { return JsonReader(text, "file").whole_number(); }

// The error for a whole text of any kind, or "no error".
std::string skip_error(const std::string& text) {
  return error_of<FileError>([&] {
    JsonReader json(text, "file");
    json.skip_value();
    json.end();
  });
}

}  // namespace

TEST_CASE("strings are read with all escapes") {
  CHECK(read_string(R"("plain")") == "plain");
  CHECK(read_string(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(read_string(R"("\u0041\u00e9\u20AC")") == "A\u00e9\u20ac");
  CHECK(read_string(R"("\ud83d\ude00")") == "\U0001F600");
  CHECK(read_string(R"("\u0000")") == std::string(1, '\0'));
  CHECK(read_string("\"\u00e9\u20ac\U0001F600\"") == "\u00e9\u20ac\U0001F600");
}

TEST_CASE("broken strings are errors that say where") {
  struct Case {
    std::string text, expected;
  };
  const std::vector<Case> cases{
      {R"("no end)", "a string without an end, at byte 7"},
      {R"("\x")", "an unknown escape in a string, at byte 2"},
      {R"("\)", "an unknown escape in a string, at byte 2"},
      {R"("\u12g4")", "expected four hexadecimal digits, at byte 5"},
      {R"("\ud83d")", "half of a surrogate pair"},
      {R"("\ud83d\u0041")", "half of a surrogate pair"},
      {R"("\ude00")", "half of a surrogate pair"},
      {"\"a\nb\"", "a control character in a string, at byte 2"},
      {"\"\xff\"", "malformed UTF-8, at byte 1"},
      {"no quote", "expected '\"', at byte 0"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const std::string error = error_of<FileError>([&] { read_string(c.text); });
    CHECK(error.starts_with("file: "));
    CHECK(contains(error, c.expected));
  }
}

TEST_CASE("UTF-8 is what RFC 3629 says") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("a\u00e9\u20ac\U0001F600\U0010FFFF"));
  for (const std::string malformed : {"\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xE2\x82",
                                      "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    CAPTURE(json_quoted(malformed));
    CHECK_FALSE(is_utf8(malformed));
  }
}

TEST_CASE("what is quoted is read back") {
  std::string all;
  for (char c = 1; c < 127; ++c) all += c;
  all += "\x7f\u00e9";
  all += '\0';
  CHECK(read_string(json_quoted(all)) == all);
  CHECK(json_quoted("two\nlines") == R"("two\u000alines")");
}

TEST_CASE("whole numbers are read up to 2^64 - 1") {
  CHECK(read_number("0") == 0);
  CHECK(read_number(" 42") == 42);
  CHECK(read_number("18446744073709551615") == UINT64_MAX);
}

TEST_CASE("other numbers are errors") {
  for (const char* text :
       {"-1", "1.0", "1e3", "01", "18446744073709551616", "99999999999999999999999", "", "x", "\"1\""}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read_number(text), FileError);
  }
}

TEST_CASE("objects and arrays are read in order") {
  JsonReader json(R"( { "a" : [ 1 , 2 ] , "b" : [ ] } )", "file");
  std::map<std::string, std::vector<std::uint64_t>> found;
  json.object([&](const std::string& key) {
    auto& values = found[key];
    json.array([&] { values.push_back(json.whole_number()); });
  });
  json.end();
  CHECK(found == decltype(found){{"a", {1, 2}}, {"b", {}}});
}

TEST_CASE("any value can be skipped") {
  CHECK(skip_error(R"({"a": [null, true, false, -1.5e+3, 0, 0.25, "x\n", {}, []], "b": {"c": 1E9}})") == "no error");
}

TEST_CASE("what is not JSON is an error") {
  for (const char* text : {"",           " ",
                           "{",          "[",
                           "{]",         "[1,]",
                           "{\"a\"}",    "{\"a\":}",
                           "{\"a\":1,}", "{a:1}",
                           "nul",        "tru",
                           "-",          "01",
                           "1.",         ".5",
                           "1e",         "+1",
                           "[1 2]",      "{\"a\":1 \"b\":2}",
                           "1 1",        "{\"a\":1,\"a\":2}",
                           "NaN",        "'a'",
                           "[1]]"}) {
    CAPTURE(text);
    CHECK(skip_error(text) != "no error");
  }
}

TEST_CASE("values nested without end are an error, not a crash") {
  CHECK(contains(skip_error(std::string(1'000'000, '[')), "nested too deeply"));
}

TEST_CASE("numbers are read as the nearest double, and true and false as what they are") {
  JsonReader json("[0, -1.5e+3, 0.1, 1e-05, 12, true, false]", "file");
  std::vector<double> numbers;
  std::vector<bool> flags;
  json.array([&] {
    if (numbers.size() < 5) {
      numbers.push_back(json.number());
    } else {
      flags.push_back(json.boolean());
    }
  });
  json.end();
  CHECK(numbers == std::vector<double>{0, -1500, 0.1, 1e-5, 12});
  CHECK(flags == std::vector<bool>{true, false});
}

TEST_CASE("what is no number, no double, or neither true nor false is an error") {
  CHECK_THROWS_WITH_AS(JsonReader("true", "file").number(), "file: expected a value, at byte 0 of the header",
                       FileError);
  CHECK_THROWS_WITH_AS(JsonReader("1e999", "file").number(),
                       "file: a number that no double holds, at byte 5 of the header", FileError);
  CHECK_THROWS_WITH_AS(JsonReader(" 1", "file").boolean(), "file: expected true or false, at byte 1 of the header",
                       FileError);
}
