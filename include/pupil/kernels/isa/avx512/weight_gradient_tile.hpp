#pragma once
// A tile of a convolution's weight gradient by AVX-512: 8 output channels by 32 or 16 input channels of one tap, summed
// over positions that are read where they lie in dy and in the image, as floats or as pairs of bf16.

#include <utility>

#include <immintrin.h>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/avx512/elements.hpp>

namespace pupil::kernels {

/// Neighbouring positions of one line: dy at the first, what the tap reads at the first, and how many they are.
template <class Element>
struct LineOfPositions {
  const Element* dy;
  const Element* x;
  Index count;
};

/// Vectors of 16 input channels a tile has.
template <int Vectors, class Element = float>
struct Avx512WeightGradientTile {
  static constexpr Index rows = 8;
  static constexpr Index columns = 16 * Vectors;

  using Line = LineOfPositions<Element>;

  /// The distances between positions in dy and in the image, and between rows of the result.
  struct Strides {
    Index dy, x, result;
  };

  /// result(k, c) += sum over the positions p of all lines of dy(p, dy_channel + k) x(p, x_channel + c)
  [[gnu::target("avx512f")]] static void add(const Line* begin, const Line* end, Index dy_channel, Index x_channel,
                                             float* result, const Strides& strides) {
    run(begin, end, dy_channel, x_channel, result, strides, std::make_integer_sequence<int, rows>{},
        std::make_integer_sequence<int, Vectors>{});
  }

 private:
  // The packs of numbers unroll the tile, so that the sums stay in registers at any optimisation level.
  template <int... Row, int... Vector>
  [[gnu::target("avx512f")]] static void run(const Line* line, const Line* end, Index dy_channel, Index x_channel,
                                             float* result, const Strides& strides, std::integer_sequence<int, Row...>,
                                             std::integer_sequence<int, Vector...> vectors) {
    __m512 sums[rows][Vectors];
    (load(sums[Row], result + Row * strides.result, vectors), ...);
    for (; line < end; ++line) {
      const Element* dy = line->dy + dy_channel;
      const Element* x = line->x + x_channel;
      for (Index p = 0; p < line->count; ++p, dy += strides.dy, x += strides.x) {
        const __m512 channels[Vectors] = {_mm512_loadu_ps(static_cast<const void*>(x + 16 * Vector))...};
        (add_row(in_all_lanes(dy[Row]), channels, sums[Row], vectors), ...);
      }
    }
    (store(sums[Row], result + Row * strides.result, vectors), ...);
  }

  template <int... Vector>
  [[gnu::target("avx512f"), gnu::always_inline]] static void load(__m512 (&row)[Vectors], const float* source,
                                                                  std::integer_sequence<int, Vector...>) {
    ((row[Vector] = _mm512_loadu_ps(source + 16 * Vector)), ...);
  }
  template <int... Vector>
  [[gnu::target("avx512f"), gnu::always_inline]] static void store(const __m512 (&row)[Vectors], float* destination,
                                                                   std::integer_sequence<int, Vector...>) {
    (_mm512_storeu_ps(destination + 16 * Vector, row[Vector]), ...);
  }
  template <int... Vector>
  [[gnu::target("avx512f"), gnu::always_inline]] static void add_row(__m512 dy, const __m512 (&channels)[Vectors],
                                                                     __m512 (&row)[Vectors],
                                                                     std::integer_sequence<int, Vector...>) {
    ((row[Vector] = add_products<Element>(dy, channels[Vector], row[Vector])), ...);
  }
};

}  // namespace pupil::kernels
