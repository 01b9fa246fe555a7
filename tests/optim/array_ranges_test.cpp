#include <array>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/array_ranges.hpp>

#include "../support/thread_counts.hpp"

using namespace pupil;

TEST_CASE("every element of every array belongs to one range, numbered in order") {
  const std::vector<Index> sizes{5, 0, 1, 10, 4, 11};
  detail::ArrayRanges ranges(5);
  for (const Index size : sizes) ranges.add(size);
  CHECK(ranges.count() == 8);
  CHECK(ranges.begin(3) == 2);
  CHECK(ranges.end(3) == 4);
  testing::check_thread_counts([&] {
    std::vector<std::array<Index, 3>> found(8);
    ranges.for_each([&](Index range, std::size_t array, Index first, Index last) {
      found[static_cast<std::size_t>(range)] = {static_cast<Index>(array), first, last};
    });
    CHECK(found == std::vector<std::array<Index, 3>>{
                       {0, 0, 5}, {2, 0, 1}, {3, 0, 5}, {3, 5, 10}, {4, 0, 4}, {5, 0, 5}, {5, 5, 10}, {5, 10, 11}});
    return found;
  });
}

TEST_CASE("no arrays make no ranges") {
  const detail::ArrayRanges ranges(5);
  CHECK(ranges.count() == 0);
  ranges.for_each([](Index, std::size_t, Index, Index) { FAIL("there is nothing"); });
}
