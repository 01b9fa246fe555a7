#pragma once
// Dot products of a few rows with eight rows of weights by AVX-512, of floats or of pairs of bf16: three rows at a time
// share what is read of the weights, and have their 24 sums in registers.

#include <array>
#include <cstddef>
#include <utility>

#include <immintrin.h>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/avx512/elements.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>

namespace pupil::kernels {

template <class Element>
struct FewRowsAvx512 {
  static constexpr std::size_t weight_rows = 8;
  using Weights = std::array<const Element*, weight_rows>;

  /// sums[r * weight_rows + j] is the dot product of row r of x [rows, depth] with weights[j].
  static void dots(const Element* x, Index rows, const Weights& weights, Index depth, float* sums) {
    constexpr Index rows_at_once = 3;
    for (; rows >= rows_at_once; rows -= rows_at_once) {
      run(x, weights, depth, sums, std::make_integer_sequence<Index, rows_at_once>{}, WeightNumbers{});
      x += rows_at_once * depth;
      sums += rows_at_once * static_cast<Index>(weight_rows);
    }
    if (rows == 2) run(x, weights, depth, sums, std::make_integer_sequence<Index, 2>{}, WeightNumbers{});
    if (rows == 1) run(x, weights, depth, sums, std::make_integer_sequence<Index, 1>{}, WeightNumbers{});
  }

 private:
  static constexpr Index lanes = 16;
  using WeightNumbers = std::make_index_sequence<weight_rows>;

  // The packs of numbers unroll the rows, so that the sums stay in registers at any optimisation level.
  template <Index... Row, std::size_t... Weight>
  [[gnu::target("avx512f")]] static void run(const Element* x, const Weights& weights, Index depth, float* sums,
                                             std::integer_sequence<Index, Row...> rows,
                                             std::index_sequence<Weight...>) {
    __m512 all[weight_rows][sizeof...(Row)];
    (clear(all[Weight], rows), ...);
    for (Index k = 0; k < depth; k += lanes) {
      const __mmask16 mask = avx512::first_lanes(depth - k);
      const __m512 elements[] = {load(x + Row * depth + k, mask)...};
      (add<Row...>(elements, load(weights[Weight] + k, mask), all[Weight]), ...);
    }
    (store(all[Weight], sums + Weight, rows), ...);
  }

  template <Index... Row>
  [[gnu::target("avx512f"), gnu::always_inline]] static void clear(__m512* sums, std::integer_sequence<Index, Row...>) {
    ((sums[Row] = _mm512_setzero_ps()), ...);
  }

  [[gnu::target("avx512f"), gnu::always_inline]] static __m512 load(const Element* elements, __mmask16 mask) {
    return _mm512_maskz_loadu_ps(mask, elements);
  }

  template <Index... Row>
  [[gnu::target("avx512f"), gnu::always_inline]] static void add(const __m512* elements, __m512 weights, __m512* sums) {
    ((sums[Row] = add_products<Element>(elements[Row], weights, sums[Row])), ...);
  }

  template <Index... Row>
  [[gnu::target("avx512f"), gnu::always_inline]] static void store(const __m512* lane_sums, float* sums,
                                                                   std::integer_sequence<Index, Row...>) {
    ((sums[Row * static_cast<Index>(weight_rows)] = sum_of_lanes(lane_sums[Row])), ...);
  }

  // As _mm512_reduce_add_ps, which GCC 12 warns of in every program that includes this, as it does of all that leaves a
  // register's old contents to the compiler (GCC bug 105593). The forms with a mask do not.
  [[gnu::target("avx512f"), gnu::always_inline]] static float sum_of_lanes(__m512 sum) {
    const __m512d pairs = _mm512_castps_pd(sum);
    const __m256 eight = _mm256_add_ps(_mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xFF, pairs, 1)),
                                       _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xFF, pairs, 0)));
    const __m128 four = _mm_add_ps(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
};

}  // namespace pupil::kernels
