#pragma once
// A 14 x 32 tile of fp32 sums in 28 of AVX-512's 32 registers: two loads and fourteen broadcasts feed 28 multiply-adds.

#include <array>
#include <utility>

#include <immintrin.h>

#include <pupil/kernels/gemm/tile.hpp>
#include <pupil/kernels/isa/avx512/epilogue.hpp>
#include <pupil/kernels/isa/avx512/transpose.hpp>

namespace pupil::kernels {

struct Avx512Tile : PlainPanels<float> {
  static constexpr Index rows = 14;
  static constexpr Index columns = 32;
  /// How many rows it can compute instead, for the last rows of a product.
  static constexpr std::array<Index, 2> fewer_rows{4, 8};

  /// As PortableTile::multiply, the first Rows rows alone.
  template <Index RowStride, Index DepthStride, Index Rows = rows>
  [[gnu::target("avx512f")]] static void multiply(Index depth, const float* left, const float* right,
                                                  const TileTarget<float>& target) {
    run<RowStride, DepthStride>(depth, left, right, target, std::make_integer_sequence<Index, Rows>{});
  }

  /// As PortableTile::copy_transposed.
  static void copy_transposed(const float* source, Index stride, Index depth, float* panel) {
    transpose_lines_avx512(source, stride, depth, panel, columns);
    transpose_lines_avx512(source + 16 * stride, stride, depth, panel + 16, columns);
  }

 private:
  // The pack of row numbers unrolls the tile, so that the sums stay in registers at any optimisation level.
  template <Index RowStride, Index DepthStride, Index... Row>
  [[gnu::target("avx512f")]] static void run(Index depth, const float* left, const float* right,
                                             const TileTarget<float>& target,
                                             std::integer_sequence<Index, Row...> row_numbers) {
    __m512 low[sizeof...(Row)];
    __m512 high[sizeof...(Row)];
    ((low[Row] = _mm512_loadu_ps(target.start + Row * target.start_stride),
      high[Row] = _mm512_loadu_ps(target.start + Row * target.start_stride + 16)),
     ...);
    for (Index k = 0; k < depth; ++k, left += DepthStride, right += columns) {
      const __m512 right_low = _mm512_load_ps(right);
      const __m512 right_high = _mm512_load_ps(right + 16);
      ((low[Row] = _mm512_fmadd_ps(_mm512_set1_ps(left[Row * RowStride]), right_low, low[Row]),
        high[Row] = _mm512_fmadd_ps(_mm512_set1_ps(left[Row * RowStride]), right_high, high[Row])),
       ...);
    }
    if (target.epilogue != nullptr) {
      finish_rows_avx512(*target.epilogue, 0, target.result_stride, low, row_numbers);
      finish_rows_avx512(*target.epilogue, 16, target.result_stride, high, row_numbers);
    }
    ((_mm512_storeu_ps(target.result + Row * target.result_stride, low[Row]),
      _mm512_storeu_ps(target.result + Row * target.result_stride + 16, high[Row])),
     ...);
  }
};

}  // namespace pupil::kernels
