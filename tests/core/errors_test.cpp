#include <array>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

using namespace pupil;

namespace {

/// Printing this counts.
struct Counted {
  int* prints;
};

std::ostream& operator<<(std::ostream& out, const Counted& counted) {
  ++*counted.prints;
  return out;
}

}  // namespace

TEST_CASE("a message is its parts, one after another") {
  CHECK(message("conv2d: stride is ", 0, ", input ", Shape{8, 32, 32, 4}) ==
        "conv2d: stride is 0, input [8, 32, 32, 4]");
}

TEST_CASE("require throws the kind that was asked for, with the message") {
  CHECK_THROWS_WITH_AS(require<ShapeError>(false, "rank is ", 3), "rank is 3", ShapeError);
  CHECK_THROWS_WITH_AS(require<FileError>(false, "a.txt: ", 'x'), "a.txt: x", FileError);
  CHECK_NOTHROW(require<ShapeError>(true, "never"));
}

TEST_CASE("joined prints items with a separator between them, and none around them") {
  CHECK(joined(std::array{2, 3, 4}) == "2, 3, 4");
  CHECK(joined(std::vector<std::string>{"one"}, " ") == "one");
  CHECK(joined(std::vector<std::string>{}) == "");
}

TEST_CASE("an empty item of joined is an item too") { CHECK(joined(std::vector<std::string>{"", "a", ""}) == ", a, "); }

TEST_CASE("joined prints each item as it is told to") {
  CHECK(joined(std::array{1, 2}, "; ", [](int value) { return "<" + std::to_string(value) + ">"; }) == "<1>; <2>");
}

TEST_CASE("require prints nothing while all is well") {
  int prints = 0;
  require<Error>(true, Counted{&prints});
  CHECK(prints == 0);
  CHECK_THROWS_AS(require<Error>(false, Counted{&prints}), Error);
  CHECK(prints == 1);
}

TEST_CASE("every kind of error is an Error, and a runtime_error") {
  CHECK_THROWS_AS(throw ShapeError("x"), Error);
  CHECK_THROWS_AS(throw OptionError("x"), Error);
  CHECK_THROWS_AS(throw IndexError("x"), Error);
  CHECK_THROWS_AS(throw FileError("x"), Error);
  CHECK_THROWS_AS(throw NumericError("x"), Error);
  CHECK_THROWS_AS(throw Error("x"), std::runtime_error);
}
