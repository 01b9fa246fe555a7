#include <utility>

#include <doctest/doctest.h>

#include <pupil/core/move_mark.hpp>

using namespace pupil;

namespace {

bool is_usable(const MoveMark& mark) {
  try {
    mark.check("it");
    return true;
  } catch (const ShapeError&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a mark tells the object that was moved from, and no other") {
  MoveMark first;
  MoveMark second = std::move(first);
  CHECK_FALSE(is_usable(first));
  CHECK(is_usable(second));
  const MoveMark copy = first;
  CHECK_FALSE(is_usable(copy));
  first = std::move(second);
  CHECK(is_usable(first));
  CHECK_FALSE(is_usable(second));
  second = first;
  CHECK(is_usable(second));
  std::swap(first, second);
  CHECK((is_usable(first) && is_usable(second)));
}

TEST_CASE("to move an object to itself is to move from it") {
  MoveMark mark;
  MoveMark& same = mark;
  mark = std::move(same);
  CHECK_FALSE(is_usable(mark));
  mark = MoveMark();
  std::swap(mark, same);
  CHECK(is_usable(mark));
}
