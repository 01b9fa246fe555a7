#include "machine.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

#include "peak.hpp"

namespace bench {

namespace {

using pupil::Index;

/// The shortest of `attempts` runs of `run(i)` on every thread at once, in seconds.
template <class Run>
double fastest(int attempts, const Run& run) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const auto start = Clock::now();
    pupil::parallel_for(pupil::num_threads(), run);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (attempt == 0 || seconds < best) best = seconds;
  }
  return best;
}

/// GFLOP/s of `peak(rounds)` on all threads; it returns how many operations it did.
double peak_rate(double (*peak)(Index rounds)) {
  constexpr Index rounds = 100'000;
  std::vector<double> operations(static_cast<std::size_t>(pupil::num_threads()));
  const double seconds = fastest(60, [&](Index i) { operations[static_cast<std::size_t>(i)] = peak(rounds); });
  double sum = 0;
  for (const double each : operations) sum += each;
  return sum * 1e-9 / seconds;
}

/// Bytes of each of the three arrays: the caches do not hold two of them.
Index triad_bytes() {
  Index cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  cache = static_cast<Index>(sysconf(_SC_LEVEL3_CACHE_SIZE));
#endif
  return std::max(cache, Index{64} << 20);
}

double triad_rate() {
  const Index size = triad_bytes() / static_cast<Index>(sizeof(float));
  const auto b = pupil::Tensor<float, 1>::full({size}, 1);
  const auto c = pupil::Tensor<float, 1>::full({size}, 2);
  auto a = pupil::Tensor<float, 1>::full({size}, 0);
  const Index share = (size + pupil::num_threads() - 1) / pupil::num_threads();
  const double seconds = fastest(4, [&](Index thread) {
    const Index end = std::min(size, (thread + 1) * share);
    for (Index i = thread * share; i < end; ++i) a.data()[i] = b.data()[i] + 3 * c.data()[i];
    benchmark::ClobberMemory();
  });
  return 3e-9 * static_cast<double>(size) * sizeof(float) / seconds;
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
