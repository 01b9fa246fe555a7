#include "machine.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

#include "median.hpp"
#include "peak.hpp"

namespace bench {

namespace {

using pupil::Index;

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

/// GFLOP/s of `peak(rounds)`, which returns how many operations it did, on all threads at once. Every thread's best of
/// many short runs counts, so other programs that take the cores for a moment do not lower the peak.
double peak_rate(double (*peak)(Index rounds)) {
  constexpr Index rounds = 100'000;
  constexpr int attempts = 200;
  std::vector<double> rates(static_cast<std::size_t>(pupil::num_threads()));
  pupil::parallel_for(pupil::num_threads(), [&](Index thread) {
    double& rate = rates[static_cast<std::size_t>(thread)];
    for (int attempt = 0; attempt < attempts; ++attempt) {
      const auto start = SteadyClock::now();
      const double operations = peak(rounds);
      rate = std::max(rate, operations * 1e-9 / seconds_since(start));
    }
  });
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

/// Bytes of each of the three arrays: the caches do not hold two of them.
Index triad_bytes() {
  Index cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  cache = static_cast<Index>(sysconf(_SC_LEVEL3_CACHE_SIZE));
#endif
  return std::max(cache, Index{64} << 20);
}

/// The middle of every thread's rates over short pieces of its share, for the same reason.
double triad_rate() {
  constexpr Index piece = Index{1} << 20;
  const Index pieces = triad_bytes() / static_cast<Index>(sizeof(float)) / piece;
  const auto b = pupil::Tensor<float, 1>::full({pieces * piece}, 1);
  const auto c = pupil::Tensor<float, 1>::full({pieces * piece}, 2);
  auto a = pupil::Tensor<float, 1>::full({pieces * piece}, 0);
  const Index threads = pupil::num_threads();
  std::vector<double> rates(static_cast<std::size_t>(threads));
  pupil::parallel_for(threads, [&](Index thread) {
    std::vector<double> seconds;
    for (Index p = thread * pieces / threads; p < (thread + 1) * pieces / threads; ++p) {
      const auto start = SteadyClock::now();
      for (Index i = p * piece; i < (p + 1) * piece; ++i) a.data()[i] = b.data()[i] + 3 * c.data()[i];
      benchmark::ClobberMemory();
      seconds.push_back(seconds_since(start));
    }
    if (!seconds.empty()) {
      rates[static_cast<std::size_t>(thread)] = 3e-9 * sizeof(float) * static_cast<double>(piece) / median(seconds);
    }
  });
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

Machine measure() {
  Machine machine;
  machine.fp32 = peak_rate(multiply_add_floats);
  if (tiles_are_granted()) machine.bf16_tiles = peak_rate(multiply_tiles);
  machine.bandwidth = triad_rate();
  pupil::StoragePool::instance().release_unused();
  return machine;
}

}  // namespace

const Machine& machine() {
  static const Machine measured = measure();
  return measured;
}

}  // namespace bench
