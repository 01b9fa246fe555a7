#pragma once
// Transposing 8 lines of numbers by AVX2, on their way into a panel.

#include <utility>

#include <immintrin.h>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

namespace detail {

/// Four numbers each of lines 0 and 4. Inserted from memory they take none of the shuffles' only port.
[[gnu::target("avx2")]] inline __m256 halves_avx2(const float* source, Index stride) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(source)), _mm_loadu_ps(source + 4 * stride), 1);
}

/// Transposes each half of four registers, and stores them as four rows.
[[gnu::target("avx2")]] inline void store_transposed_halves_avx2(__m256 a, __m256 b, __m256 c, __m256 d,
                                                                 float* destination, Index stride) {
  const __m256d ab_low = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
  const __m256d ab_high = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
  const __m256d cd_low = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
  const __m256d cd_high = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
  _mm256_storeu_ps(destination, _mm256_castpd_ps(_mm256_unpacklo_pd(ab_low, cd_low)));
  _mm256_storeu_ps(destination + stride, _mm256_castpd_ps(_mm256_unpackhi_pd(ab_low, cd_low)));
  _mm256_storeu_ps(destination + 2 * stride, _mm256_castpd_ps(_mm256_unpacklo_pd(ab_high, cd_high)));
  _mm256_storeu_ps(destination + 3 * stride, _mm256_castpd_ps(_mm256_unpackhi_pd(ab_high, cd_high)));
}

/// Four columns at each of the groups. A line is read by all groups together, as it may lie in the same set of the
/// cache as all others. The pack unrolls this, so that what was read stays in registers.
template <std::size_t... Group>
[[gnu::target("avx2")]] inline void transpose_groups_avx2(const float* source, Index stride, float* destination,
                                                          Index destination_stride, std::index_sequence<Group...>) {
  const __m256 a[]{halves_avx2(source + 4 * Group, stride)...};
  const __m256 b[]{halves_avx2(source + 4 * Group + stride, stride)...};
  const __m256 c[]{halves_avx2(source + 4 * Group + 2 * stride, stride)...};
  const __m256 d[]{halves_avx2(source + 4 * Group + 3 * stride, stride)...};
  (store_transposed_halves_avx2(a[Group], b[Group], c[Group], d[Group],
                                destination + static_cast<Index>(4 * Group) * destination_stride, destination_stride),
   ...);
}

}  // namespace detail

/// destination[k * destination_stride + line] = source[line * stride + k] for 8 lines of `length` numbers.
[[gnu::target("avx2")]] inline void transpose_lines_avx2(const float* source, Index stride, Index length,
                                                         float* destination, Index destination_stride) {
  Index k = 0;
  for (; k + 8 <= length; k += 8) {
    detail::transpose_groups_avx2(source + k, stride, destination + k * destination_stride, destination_stride,
                                  std::make_index_sequence<2>{});
  }
  for (; k + 4 <= length; k += 4) {
    detail::transpose_groups_avx2(source + k, stride, destination + k * destination_stride, destination_stride,
                                  std::make_index_sequence<1>{});
  }
  for (; k < length; ++k) {
    for (Index line = 0; line < 8; ++line) destination[k * destination_stride + line] = source[line * stride + k];
  }
}

}  // namespace pupil::kernels
