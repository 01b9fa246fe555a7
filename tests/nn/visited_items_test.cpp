#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/visited_items.hpp>

using pupil::Index;
using pupil::detail::VisitedItems;

TEST_CASE("items are numbered as they come, and seen again they keep their number") {
  const std::vector<double> items(1000);
  VisitedItems visited;
  for (int time = 0; time < 3; ++time) {
    bool as_expected = true;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto place = visited.place(items[i]);
      as_expected = as_expected && place.index == static_cast<Index>(i) && place.is_new == (time == 0);
    }
    CHECK(as_expected);
    CHECK(visited.count() == 1000);
  }
}

TEST_CASE("what stands at the beginning of an item is another item") {
  struct Whole {
    int part = 0;
  };
  const Whole whole;
  VisitedItems visited;
  CHECK(visited.place(whole).is_new);
  CHECK(visited.place(whole.part).is_new);
  CHECK(visited.place(whole).index == 0);
  CHECK(visited.place(whole.part).index == 1);
}
