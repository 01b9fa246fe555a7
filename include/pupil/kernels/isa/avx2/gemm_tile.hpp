#pragma once
// A 6 x 16 tile of fp32 sums in 12 of AVX2's 16 registers: two loads and six broadcasts feed 12 multiply-adds.

#include <utility>

#include <immintrin.h>

#include <pupil/kernels/gemm/tile.hpp>
#include <pupil/kernels/isa/avx2/epilogue.hpp>
#include <pupil/kernels/isa/avx2/transpose.hpp>

namespace pupil::kernels {

struct Avx2Tile : PlainPanels<float> {
  static constexpr Index rows = 6;
  static constexpr Index columns = 16;

  /// As PortableTile::multiply.
  template <Index RowStride, Index DepthStride>
  [[gnu::target("avx2,fma")]] static void multiply(Index depth, const float* left, const float* right,
                                                   const TileTarget<float>& target) {
    run<RowStride, DepthStride>(depth, left, right, target, std::make_integer_sequence<Index, rows>{});
  }

  /// As PortableTile::copy_transposed.
  static void copy_transposed(const float* source, Index stride, Index depth, float* panel) {
    transpose_lines_avx2(source, stride, depth, panel, columns);
    transpose_lines_avx2(source + 8 * stride, stride, depth, panel + 8, columns);
  }

 private:
  // The pack of row numbers unrolls the tile, so that the sums stay in registers at any optimisation level.
  template <Index RowStride, Index DepthStride, Index... Row>
  [[gnu::target("avx2,fma")]] static void run(Index depth, const float* left, const float* right,
                                              const TileTarget<float>& target,
                                              std::integer_sequence<Index, Row...> row_numbers) {
    __m256 low[rows];
    __m256 high[rows];
    ((low[Row] = _mm256_loadu_ps(target.start + Row * target.start_stride),
      high[Row] = _mm256_loadu_ps(target.start + Row * target.start_stride + 8)),
     ...);
    for (Index k = 0; k < depth; ++k, left += DepthStride, right += columns) {
      const __m256 right_low = _mm256_load_ps(right);
      const __m256 right_high = _mm256_load_ps(right + 8);
      ((low[Row] = _mm256_fmadd_ps(_mm256_set1_ps(left[Row * RowStride]), right_low, low[Row]),
        high[Row] = _mm256_fmadd_ps(_mm256_set1_ps(left[Row * RowStride]), right_high, high[Row])),
       ...);
    }
    if (target.epilogue != nullptr) {
      finish_rows_avx2(*target.epilogue, 0, target.result_stride, low, row_numbers);
      finish_rows_avx2(*target.epilogue, 8, target.result_stride, high, row_numbers);
    }
    ((_mm256_storeu_ps(target.result + Row * target.result_stride, low[Row]),
      _mm256_storeu_ps(target.result + Row * target.result_stride + 8, high[Row])),
     ...);
  }
};

}  // namespace pupil::kernels
