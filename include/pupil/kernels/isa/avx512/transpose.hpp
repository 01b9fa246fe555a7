#pragma once
// Transposing 16 lines of numbers by AVX-512, on their way into a panel.

#include <utility>

#include <immintrin.h>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

namespace detail {

/// Four numbers each of lines 0, 4, 8 and 12. Inserted from memory they take none of the shuffles' only port.
[[gnu::target("avx512f")]] inline __m512 quarters_avx512(const float* source, Index stride) {
  const __m512 first = _mm512_castps128_ps512(_mm_loadu_ps(source));
  const __m512 two = _mm512_insertf32x4(first, _mm_loadu_ps(source + 4 * stride), 1);
  const __m512 three = _mm512_insertf32x4(two, _mm_loadu_ps(source + 8 * stride), 2);
  return _mm512_insertf32x4(three, _mm_loadu_ps(source + 12 * stride), 3);
}

/// Transposes each quarter of four registers, and stores them as four rows. The masks, which take every lane, are for
/// GCC 12: it warns of its own intrinsics without them.
[[gnu::target("avx512f")]] inline void store_transposed_quarters_avx512(__m512 a, __m512 b, __m512 c, __m512 d,
                                                                        float* destination, Index stride) {
  const __m512d ab_low = _mm512_castps_pd(_mm512_maskz_unpacklo_ps(0xFFFF, a, b));
  const __m512d ab_high = _mm512_castps_pd(_mm512_maskz_unpackhi_ps(0xFFFF, a, b));
  const __m512d cd_low = _mm512_castps_pd(_mm512_maskz_unpacklo_ps(0xFFFF, c, d));
  const __m512d cd_high = _mm512_castps_pd(_mm512_maskz_unpackhi_ps(0xFFFF, c, d));
  _mm512_storeu_ps(destination, _mm512_castpd_ps(_mm512_maskz_unpacklo_pd(0xFF, ab_low, cd_low)));
  _mm512_storeu_ps(destination + stride, _mm512_castpd_ps(_mm512_maskz_unpackhi_pd(0xFF, ab_low, cd_low)));
  _mm512_storeu_ps(destination + 2 * stride, _mm512_castpd_ps(_mm512_maskz_unpacklo_pd(0xFF, ab_high, cd_high)));
  _mm512_storeu_ps(destination + 3 * stride, _mm512_castpd_ps(_mm512_maskz_unpackhi_pd(0xFF, ab_high, cd_high)));
}

/// Four columns at each of the groups. A line is read by all groups together, as it may lie in the same set of the
/// cache as all others. The pack unrolls this, so that what was read stays in registers.
template <std::size_t... Group>
[[gnu::target("avx512f")]] inline void transpose_groups_avx512(const float* source, Index stride, float* destination,
                                                               Index destination_stride,
                                                               std::index_sequence<Group...>) {
  const __m512 a[]{quarters_avx512(source + 4 * Group, stride)...};
  const __m512 b[]{quarters_avx512(source + 4 * Group + stride, stride)...};
  const __m512 c[]{quarters_avx512(source + 4 * Group + 2 * stride, stride)...};
  const __m512 d[]{quarters_avx512(source + 4 * Group + 3 * stride, stride)...};
  (store_transposed_quarters_avx512(a[Group], b[Group], c[Group], d[Group],
                                    destination + static_cast<Index>(4 * Group) * destination_stride,
                                    destination_stride),
   ...);
}

}  // namespace detail

/// destination[k * destination_stride + line] = source[line * stride + k] for 16 lines of `length` numbers.
[[gnu::target("avx512f")]] inline void transpose_lines_avx512(const float* source, Index stride, Index length,
                                                              float* destination, Index destination_stride) {
  Index k = 0;
  for (; k + 16 <= length; k += 16) {
    detail::transpose_groups_avx512(source + k, stride, destination + k * destination_stride, destination_stride,
                                    std::make_index_sequence<4>{});
  }
  for (; k + 4 <= length; k += 4) {
    detail::transpose_groups_avx512(source + k, stride, destination + k * destination_stride, destination_stride,
                                    std::make_index_sequence<1>{});
  }
  for (; k < length; ++k) {
    for (Index line = 0; line < 16; ++line) destination[k * destination_stride + line] = source[line * stride + k];
  }
}

}  // namespace pupil::kernels
