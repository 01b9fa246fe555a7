#include "../../bench/peers/difference.hpp"

#include <limits>

#include <doctest/doctest.h>

using bench::difference;

TEST_CASE("results that are equal, or within the tolerance of a tensor's largest value, do not differ") {
  CHECK_FALSE(difference({{1, -2}, {0.5F}}, {{1, -2}, {0.5F}}, 0));
  CHECK_FALSE(difference({{0.01F, -2}}, {{0, -2}}, 0.01));
  CHECK_FALSE(difference({}, {}, 0));
}

TEST_CASE("a value that is off, or not a number, is a difference") {
  CHECK(difference({{0.03F, -2}}, {{0, -2}}, 0.01));
  CHECK(difference({{100, 100}, {0, 0.1F}}, {{100, 100}, {0, 0.2F}}, 0.01));  // each tensor by its own largest value
  CHECK(difference({{std::numeric_limits<float>::quiet_NaN()}}, {{1}}, 1));
  CHECK(difference({{0}}, {{std::numeric_limits<float>::infinity()}}, 1));
  CHECK(difference({{0.1F}}, {{0}}, 0.01));
}

TEST_CASE("results of other sizes differ") {
  CHECK(difference({{1, 2}}, {{1}}, 1));
  CHECK(difference({{1}}, {{1}, {2}}, 1));
}
