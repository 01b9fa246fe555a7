#include <string>

#include <doctest/doctest.h>

#include <pupil/core/version.hpp>

TEST_CASE("the version as text and as a number are of the same three numbers") {
  CHECK(std::string(PUPIL_VERSION_STRING) == std::to_string(PUPIL_VERSION_MAJOR) + "." +
                                                 std::to_string(PUPIL_VERSION_MINOR) + "." +
                                                 std::to_string(PUPIL_VERSION_PATCH));
  static_assert(PUPIL_VERSION / 10000 == PUPIL_VERSION_MAJOR);
  static_assert(PUPIL_VERSION / 100 % 100 == PUPIL_VERSION_MINOR);
  static_assert(PUPIL_VERSION % 100 == PUPIL_VERSION_PATCH);
}
