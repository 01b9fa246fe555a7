#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/made_ahead.hpp>

using namespace pupil;

namespace {

std::vector<Index> all_made(MadeAhead<Index>& made) {
  std::vector<Index> values;
  while (const auto value = made.next()) values.push_back(*value);
  return values;
}

}  // namespace

TEST_CASE("values that are made ahead come in their order, however many threads make them") {
  for (const Index threads : {0, 1, 2, 7}) {
    CAPTURE(threads);
    MadeAhead<Index> made(
        50,
        [](Index i) {
          if (i % 3 == 0) std::this_thread::yield();
          return i * i;
        },
        threads, 4);
    const std::vector<Index> values = all_made(made);
    REQUIRE(values.size() == 50);
    for (Index i = 0; i < 50; ++i) CHECK(values[static_cast<std::size_t>(i)] == i * i);
    CHECK_FALSE(made.next().has_value());
  }
}

TEST_CASE("no more values are made ahead than were asked for") {
  std::atomic<Index> begun = 0, most = 0, taken = 0;
  MadeAhead<Index> made(
      40,
      [&](Index i) {
        const Index ahead = ++begun - taken;
        Index before = most;
        while (before < ahead && !most.compare_exchange_weak(before, ahead)) continue;
        return i;
      },
      3, 5);
  while (made.next()) ++taken;
  CHECK(begun == 40);
  CHECK(most <= 6);  // five, and the one that is being handed out
}

TEST_CASE("what a maker throws comes in the place of its value, and is the end") {
  for (const Index threads : {0, 1, 4}) {
    CAPTURE(threads);
    MadeAhead<Index> made(
        20,
        [](Index i) {
          if (i == 3) throw std::runtime_error("three");
          return i;
        },
        threads, 8);
    for (Index i = 0; i < 3; ++i) CHECK(made.next() == i);
    CHECK_THROWS_WITH_AS(made.next(), "three", std::runtime_error);
    CHECK_FALSE(made.next().has_value());
  }
}

TEST_CASE("values that nobody asks for are not waited for") {
  for (const Index taken : {0, 1, 5}) {
    std::atomic<Index> begun = 0;
    {
      MadeAhead<Index> made(
          1'000'000, [&](Index i) { return ++begun, i; }, 2, 3);
      for (Index i = 0; i < taken; ++i) CHECK(made.next() == i);
    }
    CHECK(begun <= taken + 3);
  }
}

TEST_CASE("nothing is made where there is nothing to make") {
  MadeAhead<Index> made(
      0, [](Index i) { return i; }, 2, 2);
  CHECK_FALSE(made.next().has_value());
}
