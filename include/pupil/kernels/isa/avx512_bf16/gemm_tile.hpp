#pragma once
// What AmxTile computes at medium precision, from the same panels, by AVX-512's products of pairs of bf16: for
// processors that have these and no tiles. The 32 x 32 sums take turns in the registers, eight rows at a time.

#include <utility>

#include <immintrin.h>

#include <pupil/kernels/isa/amx/gemm_tile.hpp>
#include <pupil/kernels/isa/avx512/elements.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>

namespace pupil::kernels {

struct Avx512Bf16Tile : AmxTile<AmxUnit, 1> {
  struct Work {};

  /// As AmxTile::multiply.
  template <Index RowStride, Index DepthStride, Index Rows = rows>
  static void multiply(Index depth, const Bf16Pair* left, const Bf16Pair* right, const TileTarget<float>& target) {
    for (Index row = 0; row < Rows; row += rows_at_once) {
      run(depth, left + row * tile_pairs, right, target, row, std::make_integer_sequence<Index, rows_at_once>{});
    }
    if (target.epilogue != nullptr) {
      avx512::finish_stored_rows(*target.epilogue, Rows, 32, target.result, target.result_stride);
    }
  }

 private:
  static constexpr Index rows_at_once = 8;  // which divides the rows of a tile of AMX
  static constexpr Index tile_pairs = 16;

  // The pack of row numbers unrolls the rows, so that the sums stay in registers at any optimisation level.
  template <Index... Row>
  [[gnu::target("avx512f")]] static void run(Index depth, const Bf16Pair* left, const Bf16Pair* right,
                                             const TileTarget<float>& target, Index first_row,
                                             std::integer_sequence<Index, Row...>) {
    const float* const start = target.start + first_row * target.start_stride;
    float* const result = target.result + first_row * target.result_stride;
    __m512 low[sizeof...(Row)];
    __m512 high[sizeof...(Row)];
    ((low[Row] = _mm512_loadu_ps(start + Row * target.start_stride),
      high[Row] = _mm512_loadu_ps(start + Row * target.start_stride + 16)),
     ...);
    for (Index k = 0; k < depth; k += depth_step, left += step_size, right += step_size) {
      for (Index pair = 0; pair < tile_pairs; ++pair) {
        const __m512 right_low = _mm512_load_ps(static_cast<const void*>(right + pair * 16));
        const __m512 right_high = _mm512_load_ps(static_cast<const void*>(right + two_tiles / 2 + pair * 16));
        ((low[Row] = add_products<Bf16Pair>(in_all_lanes(left[Row * tile_pairs + pair]), right_low, low[Row]),
          high[Row] = add_products<Bf16Pair>(in_all_lanes(left[Row * tile_pairs + pair]), right_high, high[Row])),
         ...);
      }
    }
    ((_mm512_storeu_ps(result + Row * target.result_stride, low[Row]),
      _mm512_storeu_ps(result + Row * target.result_stride + 16, high[Row])),
     ...);
  }
};

}  // namespace pupil::kernels
