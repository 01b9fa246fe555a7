#pragma once
// The same bits for any number of threads.

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>

namespace pupil::testing {

/// Checks that `compute()` gives equal values on 1, 2 and 7 threads.
template <class Compute>
void check_thread_counts(const Compute& compute) {
  const int before = num_threads();
  set_num_threads(1);
  const auto expected = compute();
  for (const int threads : {2, 7}) {
    CAPTURE(threads);
    set_num_threads(threads);
    CHECK(compute() == expected);
  }
  set_num_threads(before);
}

}  // namespace pupil::testing
