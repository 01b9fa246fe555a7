#pragma once
// Epilogues of sums in AVX-512 registers.

#include <utility>

#include <immintrin.h>

#include <pupil/kernels/gemm/epilogue.hpp>

namespace pupil::kernels {

/// What an epilogue has for sixteen columns, or those of them that a mask names.
struct Avx512Epilogue {
  __m512 scale, shift, lowest, highest;

  [[gnu::target("avx512f"), gnu::always_inline]] static Avx512Epilogue of(const Epilogue<float>& epilogue, Index column,
                                                                          __mmask16 mask) {
    const bool is_scaled = epilogue.scale != nullptr;
    return {is_scaled ? _mm512_maskz_loadu_ps(mask, epilogue.scale + column) : _mm512_set1_ps(1),
            is_scaled ? _mm512_maskz_loadu_ps(mask, epilogue.shift + column) : _mm512_setzero_ps(),
            _mm512_set1_ps(epilogue.lowest), _mm512_set1_ps(epilogue.highest)};
  }

  [[gnu::target("avx512f"), gnu::always_inline]] __m512 scaled(__m512 sums) const {
    return _mm512_fmadd_ps(sums, scale, shift);
  }
  /// Of a number and a NaN, the second operand comes out. GCC 12 warns of the forms without a mask.
  [[gnu::target("avx512f"), gnu::always_inline]] __m512 bounded(__m512 sums) const {
    return _mm512_maskz_min_ps(0xFFFF, highest, _mm512_maskz_max_ps(0xFFFF, lowest, sums));
  }
};

/// The results of sixteen columns from `column` on, or those of them that the mask names, for the sums of rows that lie
/// `stride` apart in the destination.
template <std::size_t Rows, Index... Row>
[[gnu::target("avx512f"), gnu::always_inline]] inline void finish_rows_avx512(const Epilogue<float>& epilogue,
                                                                              Index column, Index stride,
                                                                              __m512 (&sums)[Rows],
                                                                              std::integer_sequence<Index, Row...>,
                                                                              __mmask16 mask = 0xFFFF) {
  const auto lanes = Avx512Epilogue::of(epilogue, column, mask);
  ((sums[Row] = lanes.scaled(sums[Row])), ...);
  if (epilogue.residual != nullptr) {
    const float* const residual = epilogue.residual + column;
    ((sums[Row] = _mm512_add_ps(sums[Row], _mm512_maskz_loadu_ps(mask, residual + Row * stride))), ...);
  }
  ((sums[Row] = lanes.bounded(sums[Row])), ...);
}

/// The same for 32 columns of sums in memory.
[[gnu::target("avx512f")]] inline void finish_stored_rows_avx512(const Epilogue<float>& epilogue, Index rows,
                                                                 float* sums, Index stride) {
  for (Index column = 0; column < 32; column += 16) {
    const auto lanes = Avx512Epilogue::of(epilogue, column, 0xFFFF);
    for (Index r = 0; r < rows; ++r) {
      float* const row = sums + r * stride + column;
      __m512 result = lanes.scaled(_mm512_loadu_ps(row));
      if (epilogue.residual != nullptr) {
        result = _mm512_add_ps(result, _mm512_loadu_ps(epilogue.residual + r * stride + column));
      }
      _mm512_storeu_ps(row, lanes.bounded(result));
    }
  }
}

}  // namespace pupil::kernels
