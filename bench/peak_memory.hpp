#pragma once
// The most memory that the process has had resident. What earlier benchmarks took is forgotten where the system can.

#include <fstream>

#if __has_include(<sys/resource.h>)
#include <sys/resource.h>
#endif

#include <pupil/core/storage.hpp>

namespace bench {

/// Gives free blocks back and lets the peak begin anew. On other systems than Linux it stays that of the whole run.
inline void forget_peak_memory() {
  pupil::StoragePool::instance().release_unused();
  std::ofstream("/proc/self/clear_refs") << 5;
}

/// In MiB; 0 where the system does not say.
inline double peak_memory() {
#if __has_include(<sys/resource.h>)
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  return static_cast<double>(usage.ru_maxrss) / (1024 * 1024);  // in bytes there
#else
  return static_cast<double>(usage.ru_maxrss) / 1024;
#endif
#else
  return 0;
#endif
}

}  // namespace bench
