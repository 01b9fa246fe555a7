#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>

#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("parallel_for calls its body once for every index") {
  for (const int threads : {1, 2, 7}) {
    const Threads scope(threads);
    for (const Index count : {0, 1, 2, 1000}) {
      CAPTURE(threads);
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
      parallel_for(count, [&](Index i) { ++calls[static_cast<std::size_t>(i)]; });
      CHECK(std::all_of(calls.begin(), calls.end(), [](const auto& n) { return n == 1; }));
    }
  }
}

TEST_CASE("parallel_for of a negative count does nothing") {
  parallel_for(-3, [](Index) { FAIL("called"); });
  parallel_ranges(-3, 2, [](Index, Index) { FAIL("called"); });
}

TEST_CASE("an exception in a body comes out of parallel_for, as itself") {
  for (const int threads : {1, 2, 7}) {
    CAPTURE(threads);
    const Threads scope(threads);
    CHECK_THROWS_WITH_AS(parallel_for(100,
                                      [](Index i) {
                                        if (i == 37) throw ShapeError("the 37th");
                                      }),
                         "the 37th", ShapeError);
    CHECK_THROWS_AS(parallel_for(100, [](Index) { throw std::out_of_range("each"); }), std::out_of_range);
  }
}

TEST_CASE("parallel_for works again after an exception") {
  const Threads scope(2);
  CHECK_THROWS_AS(parallel_for(10, [](Index) { throw Error("x"); }), Error);
  std::atomic<Index> sum = 0;
  parallel_for(10, [&](Index i) { sum += i; });
  CHECK(sum == 45);
}

TEST_CASE("inside another parallel_for it is a plain loop, in order, and its exceptions come out of both") {
  const Threads scope(2);
  std::vector<std::vector<Index>> order(8);
  parallel_for(8, [&](Index outer) {
    parallel_for(5, [&](Index inner) { order[static_cast<std::size_t>(outer)].push_back(inner); });
  });
  for (const auto& inner : order) CHECK(inner == std::vector<Index>{0, 1, 2, 3, 4});
  CHECK_THROWS_AS(parallel_for(8, [](Index) { parallel_for(5, [](Index) { throw ShapeError("x"); }); }), ShapeError);
}

TEST_CASE("parallel_ranges covers everything, cut by the grain alone") {
  using Ranges = std::vector<std::pair<Index, Index>>;
  check_thread_counts([] {
    Ranges ranges(4);
    parallel_ranges(10, 3, [&](Index begin, Index end) { ranges[static_cast<std::size_t>(begin / 3)] = {begin, end}; });
    CHECK(ranges == Ranges{{0, 3}, {3, 6}, {6, 9}, {9, 10}});
    return ranges;
  });
  parallel_ranges(0, 3, [](Index, Index) { FAIL("called"); });
  parallel_ranges(2, 100, [](Index begin, Index end) {
    CHECK(begin == 0);
    CHECK(end == 2);
  });
}

TEST_CASE("the number of threads is what was set, at least 1, and no more than the machine has a use for") {
  const Threads scope(3);
  CHECK(num_threads() == 3);
  set_num_threads(0);
  CHECK(num_threads() == 1);
  set_num_threads(-5);
  CHECK(num_threads() == 1);
  set_num_threads(std::numeric_limits<int>::max());
  CHECK(num_threads() >= 7);
  CHECK(num_threads() <= std::max(16, 4 * static_cast<int>(std::thread::hardware_concurrency())));
  std::atomic<Index> sum = 0;
  parallel_for(100'000, [&](Index i) { sum += i; });
  CHECK(sum == 4'999'950'000);
}

TEST_CASE("the number of threads is that of the thread that sets it") {
  const Threads scope(3);
  int elsewhere = 0;
  std::thread other([&] {
    set_num_threads(5);
    elsewhere = num_threads();
  });
  other.join();
  CHECK(elsewhere == 5);
  CHECK(num_threads() == 3);
}

TEST_CASE("of several exceptions the one of the lowest index comes out, as of a plain loop") {
  for (const int threads : {1, 2, 7}) {
    CAPTURE(threads);
    const Threads scope(threads);
    for (int time = 0; time < 50; ++time) {
      CHECK_THROWS_WITH_AS(parallel_for(100,
                                        [](Index i) {
                                          if (i % 10 == 3) throw ShapeError(message("item ", i));
                                        }),
                           "item 3", ShapeError);
    }
  }
}

TEST_CASE("threads of a loop have numbers of their own below num_threads(), which is the caller's") {
  const Threads scope(4);
  std::array<std::atomic<int>, 4> users{};
  std::atomic<int> faults{0};
  parallel_for(500, [&](Index) {
    if (num_threads() != 4) ++faults;
    std::atomic<int>& user = users.at(static_cast<std::size_t>(thread_number()));
    if (user++ != 0) ++faults;
    user--;
  });
  CHECK(faults == 0);
  CHECK(thread_number() == 0);
}

TEST_CASE("small work stays on the thread that calls, work beyond a grain does not") {
  const Threads scope(2);
  std::vector<std::thread::id> workers(8);
  parallel_for(8, pointwise_grain / 8,
               [&](Index i) { workers[static_cast<std::size_t>(i)] = std::this_thread::get_id(); });
  CHECK(workers == std::vector<std::thread::id>(8, std::this_thread::get_id()));
  std::atomic<int> begun{0};
  parallel_for(2, pointwise_grain / 2 + 1, [&](Index) {
    ++begun;
    while (begun < 2) std::this_thread::yield();  // would never end on one thread
  });
  CHECK(begun == 2);
}

TEST_CASE("inside of a parallel loop no more threads are free") {
  const int before = num_threads();
  set_num_threads(2);
  CHECK(free_threads() == num_threads());
  std::array<int, 2> inside{};
  parallel_for(2, [&](Index i) { inside[static_cast<std::size_t>(i)] = free_threads(); });
  CHECK(inside == std::array{1, 1});
  set_num_threads(before);
}
