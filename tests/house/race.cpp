// Two threads write to one number without agreement. ThreadSanitizer has to report it, or its silence about the other
// tests would mean nothing.

#include <cstdio>

#include <pupil/core/parallel.hpp>

int main() {
  pupil::set_num_threads(2);
  long sum = 0;
  pupil::parallel_for(100000, [&](pupil::Index i) { sum += static_cast<long>(i); });
  std::printf("%ld\n", sum);
}
