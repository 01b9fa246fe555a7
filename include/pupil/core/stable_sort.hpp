#pragma once
// stable_sort, in the place of std::stable_sort: that of GCC 12's standard library calls what newer Clangs warn of, in
// every program that includes these headers.

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include <pupil/core/cpp20.hpp>

namespace pupil::detail {

/// Sorts so that no item is `less(item, before)` than one before it; items of which neither is less stay in their
/// order.
template <class Iterator, class Less>
void stable_sort(Iterator first, Iterator last, const Less& less) {
  std::vector<std::ptrdiff_t> order(static_cast<std::size_t>(last - first));
  std::iota(order.begin(), order.end(), std::ptrdiff_t{0});
  std::sort(order.begin(), order.end(), [&](std::ptrdiff_t a, std::ptrdiff_t b) {
    if (less(first[a], first[b])) return true;
    return a < b && !less(first[b], first[a]);
  });
  std::vector<typename std::iterator_traits<Iterator>::value_type> sorted;
  sorted.reserve(order.size());
  for (const std::ptrdiff_t place : order) sorted.push_back(std::move(first[place]));
  std::move(sorted.begin(), sorted.end(), first);
}

}  // namespace pupil::detail
