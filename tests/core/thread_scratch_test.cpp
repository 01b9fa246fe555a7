#include <atomic>
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/thread_scratch.hpp>

using namespace pupil;

TEST_CASE("every thread has memory of its own, aligned, for the whole loop") {
  const int before = num_threads();
  for (const int threads : {1, 2, 7}) {
    set_num_threads(threads);
    ThreadScratch<float> scratch(5);
    std::atomic<int> faults{0};
    parallel_for(1000, [&](Index i) {
      float* const mine = scratch.mine();
      if (reinterpret_cast<std::uintptr_t>(mine) % StoragePool::alignment != 0) ++faults;
      for (Index k = 0; k < 5; ++k) mine[k] = static_cast<float>(i);
      for (Index k = 0; k < 5; ++k) faults += mine[k] == static_cast<float>(i) ? 0 : 1;
    });
    CHECK(faults == 0);
  }
  set_num_threads(before);
}

TEST_CASE("a loop within a loop uses the memory of the thread that it runs on") {
  const int before = num_threads();
  set_num_threads(4);
  std::atomic<int> faults{0};
  parallel_for(50, [&](Index) {
    ThreadScratch<double> scratch(3);
    double* const outside = scratch.mine();
    parallel_for(3, [&](Index k) {
      if (scratch.mine() != outside) ++faults;
      scratch.mine()[k] = 1;
    });
  });
  CHECK(faults == 0);
  set_num_threads(before);
}

TEST_CASE("a loop takes the same memory however many threads run at a time") {
  const int before = num_threads();
  set_num_threads(2);
  const auto bytes_in_use = [] {
    const ThreadScratch<float> scratch(1000);
    return StoragePool::instance().statistics().bytes_in_use;
  };
  const std::size_t first = bytes_in_use();
  CHECK(first >= 2 * 1000 * sizeof(float));
  CHECK(bytes_in_use() == first);
  set_num_threads(before);
}
