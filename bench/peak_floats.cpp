// Sums that do not wait for each other: enough of them to fill two units that take four or five cycles each.

#include <array>
#include <utility>

#include <benchmark/benchmark.h>

#include <pupil/kernels/instruction_set.hpp>

#include "peak.hpp"

#if PUPIL_X86_KERNELS
#include <immintrin.h>
#endif

namespace bench {

namespace {

using pupil::Index;

constexpr double operations(Index rounds, Index sums, Index lanes) {
  return 2.0 * static_cast<double>(rounds * sums * lanes);
}

/// Numbers that the compiler knows nothing of, or it would see that all sums are the same, and compute one.
template <std::size_t Count>
std::array<float, Count> unknown_numbers() {
  std::array<float, Count> numbers;
  numbers.fill(0.5F);
  benchmark::DoNotOptimize(numbers);
  return numbers;
}

double multiply_add_portable(Index rounds) {
  constexpr std::size_t count = 64;
  std::array<float, count> sums = unknown_numbers<count>();
  const float factor = sums[0];
  for (Index r = 0; r < rounds; ++r) {
    for (float& sum : sums) sum = sum * factor + factor;
  }
  benchmark::DoNotOptimize(sums);
  return operations(rounds, count, 1);
}

#if PUPIL_X86_KERNELS

// The pack of numbers unrolls the loop over the sums, as in the kernels.
template <std::size_t... I>
[[gnu::target("avx512f")]] double multiply_add_avx512(Index rounds, std::index_sequence<I...>) {
  std::array<float, 16> numbers = unknown_numbers<16>();
  const __m512 factor = _mm512_loadu_ps(numbers.data());
  __m512 sums[sizeof...(I)] = {_mm512_mul_ps(_mm512_set1_ps(static_cast<float>(I)), factor)...};
  for (Index r = 0; r < rounds; ++r) ((sums[I] = _mm512_fmadd_ps(sums[I], factor, factor)), ...);
  ((_mm512_storeu_ps(numbers.data(), sums[I]), benchmark::DoNotOptimize(numbers)), ...);
  return operations(rounds, sizeof...(I), 16);
}

template <std::size_t... I>
[[gnu::target("avx2,fma")]] double multiply_add_avx2(Index rounds, std::index_sequence<I...>) {
  std::array<float, 8> numbers = unknown_numbers<8>();
  const __m256 factor = _mm256_loadu_ps(numbers.data());
  __m256 sums[sizeof...(I)] = {_mm256_mul_ps(_mm256_set1_ps(static_cast<float>(I)), factor)...};
  for (Index r = 0; r < rounds; ++r) ((sums[I] = _mm256_fmadd_ps(sums[I], factor, factor)), ...);
  ((_mm256_storeu_ps(numbers.data(), sums[I]), benchmark::DoNotOptimize(numbers)), ...);
  return operations(rounds, sizeof...(I), 8);
}

#endif

}  // namespace

double multiply_add_floats(Index rounds) {
#if PUPIL_X86_KERNELS
  const auto widest = pupil::detail::widest_instruction_set();  // whatever PUPIL_ISA says: this is the machine's limit
  if (widest >= pupil::InstructionSet::avx512) return multiply_add_avx512(rounds, std::make_index_sequence<24>{});
  if (widest >= pupil::InstructionSet::avx2) return multiply_add_avx2(rounds, std::make_index_sequence<12>{});
#endif
  return multiply_add_portable(rounds);
}

}  // namespace bench
