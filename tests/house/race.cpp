// Two threads write to one number without agreement. ThreadSanitizer has to report it, or its silence about the other
// tests would mean nothing.

#include <atomic>
#include <cstdio>
#include <thread>

#include <pupil/core/parallel.hpp>

int main() {
  pupil::set_num_threads(2);
  long all = 0;
  // Not one race but many, each short: ThreadSanitizer may miss two accesses that fall on the same instant, and says
  // nothing of an access that was followed by more than it remembers.
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> threads{0};
    volatile long sum = 0;
    pupil::parallel_for(2, [&](pupil::Index) {
      // A loop does not wait for threads that have not come yet, so both wait for each other; relaxed, which orders
      // nothing.
      threads.fetch_add(1, std::memory_order_relaxed);
      while (threads.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
      for (long i = 0; i < 100; ++i) sum = sum + i;
    });
    all += sum;
  }
  std::printf("%ld\n", all);
}
