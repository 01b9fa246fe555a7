#pragma once
// A tile of a stem's weight gradient by AVX-512: 7 numbers of a run of taps and channels by 32 output channels.

#include <utility>

#include <immintrin.h>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/avx512/weight_gradient_tile.hpp>

namespace pupil::kernels {

struct Avx512StemWeightGradientTile {
  static constexpr Index rows = 7;
  static constexpr Index columns = 32;

  /// The distances between positions in dy and in the image, and between rows of the result.
  struct Strides {
    Index dy, x, result;
  };

  /// result(r, k) += sum over the positions p of all lines of x(p, number + r) dy(p, channel + k)
  [[gnu::target("avx512f")]] static void add(const LineOfPositions<float>* begin, const LineOfPositions<float>* end,
                                             Index number, Index channel, float* result, const Strides& strides) {
    run(begin, end, number, channel, result, strides, std::make_integer_sequence<Index, rows>{});
  }

 private:
  // The pack of row numbers unrolls the tile, so that the sums stay in registers at any optimisation level.
  template <Index... Row>
  [[gnu::target("avx512f")]] static void run(const LineOfPositions<float>* line, const LineOfPositions<float>* end,
                                             Index number, Index channel, float* result, const Strides& strides,
                                             std::integer_sequence<Index, Row...>) {
    __m512 low[rows] = {_mm512_loadu_ps(result + Row * strides.result)...};
    __m512 high[rows] = {_mm512_loadu_ps(result + Row * strides.result + 16)...};
    for (; line < end; ++line) {
      const float* dy = line->dy + channel;
      const float* x = line->x + number;
      for (Index p = 0; p < line->count; ++p, dy += strides.dy, x += strides.x) {
        const __m512 dy_low = _mm512_loadu_ps(dy);
        const __m512 dy_high = _mm512_loadu_ps(dy + 16);
        ((low[Row] = _mm512_fmadd_ps(_mm512_set1_ps(x[Row]), dy_low, low[Row]),
          high[Row] = _mm512_fmadd_ps(_mm512_set1_ps(x[Row]), dy_high, high[Row])),
         ...);
      }
    }
    ((_mm512_storeu_ps(result + Row * strides.result, low[Row]),
      _mm512_storeu_ps(result + Row * strides.result + 16, high[Row])),
     ...);
  }
};

}  // namespace pupil::kernels
