#include <string>

#include <doctest/doctest.h>

#include <pupil/io/terminal.hpp>

using namespace pupil;

TEST_CASE("fitting cuts no character apart, and counts those that may be wide as two columns") {
  CHECK(fitting("abc", 2) == "ab");
  CHECK(fitting("abc", 3) == "abc");
  CHECK(fitting("abc", 0).empty());
  CHECK(fitting("", 5).empty());
  CHECK(fitting("caf\xC3\xA9s", 4) == "caf\xC3\xA9");
  const std::string dogs = "\xE7\x8B\x97\xE7\x8B\x97";  // two characters, four columns
  CHECK(fitting(dogs, 4) == dogs);
  CHECK(fitting(dogs, 3) == "\xE7\x8B\x97");
  CHECK(fitting(dogs, 1).empty());
  CHECK(fitting("\xF0\x9F\x90\x95 a", 3) == "\xF0\x9F\x90\x95 ");
  CHECK(fitting("\xFF\xFE", 5) == "\xFF\xFE");
}
