#pragma once
// Numbers of threads for a while, and the same bits for any of them.

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>

namespace pupil::testing {

/// Sets the number of threads as long as it lives.
class Threads {
 public:
  explicit Threads(int count) : before_(num_threads()) { set_num_threads(count); }
  ~Threads() { set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

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
