#pragma once
// How many threads a process should have at first: as many as there are processors that it may use.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

#include <pupil/core/cpu_quota.hpp>

namespace pupil::detail {

/// The processors that the calling thread may run on, by its affinity (`taskset`), or all where that is not known.
inline int processors_allowed() {
#ifdef __linux__
  for (int processors = CPU_SETSIZE; processors <= 1 << 20; processors *= 2) {  // the kernel may know more than fit
    cpu_set_t* const set = CPU_ALLOC(static_cast<std::size_t>(processors));
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(processors));
    const int allowed = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (allowed > 0) return allowed;
  }
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

inline std::optional<std::string> file_text(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The processors that the process may use. A part of one counts as one: with a quota of 1.5, two threads do half as
/// much again as one, and which of them is stopped when the quota is used up does not matter to loops that wait for
/// work and not for threads.
inline int usable_processors(int allowed, double quota) {
  return quota < allowed ? std::max(1, static_cast<int>(std::ceil(quota))) : allowed;
}

/// More threads than this only cost memory: four for every processor of the machine, at least 16.
inline int most_threads() {
  static const int most = std::max(16, 4 * static_cast<int>(std::thread::hardware_concurrency()));
  return most;
}

/// The number at the beginning of OpenMP's variables, as of "4" or "4,2"; nothing where that is not above 0.
inline std::optional<int> threads_in(const char* text) {
  if (text == nullptr) return std::nullopt;
  std::string_view rest = text;
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  char* end = nullptr;
  const std::string number(rest.substr(0, rest.find(',')));
  const long long threads = std::strtoll(number.c_str(), &end, 10);  // what is too large becomes the largest
  if (end == number.c_str() || std::string_view(end).find_first_not_of(" \t\n") != std::string_view::npos ||
      threads < 1)
    return std::nullopt;
  return static_cast<int>(std::min<long long>(threads, most_threads()));
}

/// By OMP_NUM_THREADS and OMP_THREAD_LIMIT, where they are set; else by the processors.
inline int threads_at_first() {
  static const int threads = [] {
    const auto read = [](const std::string& path) { return file_text(path); };
    const int usable =
        std::min(usable_processors(processors_allowed(), control_group::cpu_quota(read)), most_threads());
    return std::min(threads_in(std::getenv("OMP_NUM_THREADS")).value_or(usable),
                    threads_in(std::getenv("OMP_THREAD_LIMIT")).value_or(most_threads()));
  }();
  return threads;
}

}  // namespace pupil::detail
