#pragma once
// Epilogues of sums in AVX2 registers.

#include <utility>

#include <immintrin.h>

#include <pupil/kernels/gemm/epilogue.hpp>

namespace pupil::kernels {

/// The results of eight columns from `column` on, for the sums of rows that lie `stride` apart in the destination.
template <std::size_t Rows, Index... Row>
[[gnu::target("avx2,fma"), gnu::always_inline]] inline void finish_rows_avx2(const Epilogue<float>& epilogue,
                                                                             Index column, Index stride,
                                                                             __m256 (&sums)[Rows],
                                                                             std::integer_sequence<Index, Row...>) {
  if (epilogue.scale != nullptr) {
    const __m256 scale = _mm256_loadu_ps(epilogue.scale + column);
    const __m256 shift = _mm256_loadu_ps(epilogue.shift + column);
    ((sums[Row] = _mm256_fmadd_ps(sums[Row], scale, shift)), ...);
  }
  if (epilogue.residual != nullptr) {
    const float* const residual = epilogue.residual + column;
    ((sums[Row] = _mm256_add_ps(sums[Row], _mm256_loadu_ps(residual + Row * stride))), ...);
  }
  // Of a number and a NaN, the second operand comes out.
  const __m256 lowest = _mm256_set1_ps(epilogue.lowest);
  const __m256 highest = _mm256_set1_ps(epilogue.highest);
  ((sums[Row] = _mm256_min_ps(highest, _mm256_max_ps(lowest, sums[Row]))), ...);
}

}  // namespace pupil::kernels
