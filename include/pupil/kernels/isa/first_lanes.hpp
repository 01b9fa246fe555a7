#pragma once
// Masks of registers of floats that are not full, as at the end of a row.

#include <algorithm>

#include <immintrin.h>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

/// The first `count` of 16 lanes, or all of them where there are more.
inline __mmask16 first_lanes_avx512(Index count) {
  return static_cast<__mmask16>(count < 16 ? (1U << count) - 1 : 0xFFFFU);
}

/// The first `count` of 8 lanes, or all of them where there are more.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i first_lanes_avx2(Index count) {
  const auto lanes = static_cast<int>(std::min<Index>(count, 8));
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

}  // namespace pupil::kernels
