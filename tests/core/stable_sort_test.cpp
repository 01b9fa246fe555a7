#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/stable_sort.hpp>

using namespace pupil;

TEST_CASE("a stable sort does what the standard library's does") {
  Rng rng(1);
  for (std::size_t count = 0; count < 70; ++count) {
    CAPTURE(count);
    std::vector<std::pair<Index, std::string>> items;
    for (std::size_t i = 0; i < count; ++i) items.emplace_back(rng.below(9), std::to_string(i));
    auto expected = items;
    const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(expected.begin(), expected.end(), less);
    pupil::detail::stable_sort(items.begin(), items.end(), less);
    CHECK(items == expected);
  }
}

TEST_CASE("a part of a vector is sorted alone") {
  std::vector<int> numbers{3, 1, 2, 0};
  pupil::detail::stable_sort(numbers.begin(), numbers.begin() + 3, [](int a, int b) { return a > b; });
  CHECK(numbers == std::vector{3, 2, 1, 0});
  pupil::detail::stable_sort(numbers.begin() + 1, numbers.end(), [](int a, int b) { return a < b; });
  CHECK(numbers == std::vector{3, 0, 1, 2});
}
