#pragma once
// The transforms of conv/winograd/conv2d.hpp by AVX2: of eight channels at a time, in registers.
//
// With the points 0, a, -a, b, -b and infinity, where ab = 1, each has an even and an odd part. A and B are the squares
// of a and b. Of six numbers d of an image, three taps g of a filter, and six products m,
//
//   B^T d = (d0 - (A + B) d2 + d4,  e + a t,  e - a t,  f + b u,  f - b u,  d1 - (A + B) d3 + d5)
//           e = d4 - B d2,  t = d3 - B d1,  f = d4 - A d2,  u = d3 - A d1
//   G g   = (g0,  p + q,  p - q,  r + s,  r - s,  g2)
//           p = (g0 + A g2) / h,  q = a g1 / h,  r = (g0 + B g2) / k,  s = b g1 / k,  h = 2 A (A - B),  k = 2 B (B - A)
//   A^T m = (m0 + (m1 + m2) + (m3 + m4),    a (m1 - m2) + b (m3 - m4),
//            A (m1 + m2) + B (m3 + m4),     a^3 (m1 - m2) + b^3 (m3 - m4) + m5)
//
// and the transposes of the last two are what the weight gradient needs. Each is done along the lines of a square of
// numbers, then across them.

#include <immintrin.h>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/conv/winograd/points.hpp>

namespace pupil::kernels::detail {

/// Transforms in place: of the numbers at line[0], line[step], ... as many as there are, to as many as there will be.
struct Avx2WinogradLines {
  using Points = WinogradPoints;

  [[gnu::target("avx2,fma"), gnu::always_inline]] static __m256 all(double number) {
    return _mm256_set1_ps(static_cast<float>(number));
  }

  /// B^T d: six numbers to six.
  [[gnu::target("avx2,fma"), gnu::always_inline]] static void of_image(__m256* line, Index step) {
    const __m256 d0 = line[0], d1 = line[step], d2 = line[2 * step];
    const __m256 d3 = line[3 * step], d4 = line[4 * step], d5 = line[5 * step];
    const __m256 both = all(Points::a2 + Points::b2), a2 = all(Points::a2), b2 = all(Points::b2);
    const __m256 a = all(Points::a), b = all(Points::b);
    const __m256 e = _mm256_fnmadd_ps(b2, d2, d4), t = _mm256_fnmadd_ps(b2, d1, d3);
    const __m256 f = _mm256_fnmadd_ps(a2, d2, d4), u = _mm256_fnmadd_ps(a2, d1, d3);
    line[0] = _mm256_fnmadd_ps(both, d2, _mm256_add_ps(d0, d4));
    line[step] = _mm256_fmadd_ps(a, t, e);
    line[2 * step] = _mm256_fnmadd_ps(a, t, e);
    line[3 * step] = _mm256_fmadd_ps(b, u, f);
    line[4 * step] = _mm256_fnmadd_ps(b, u, f);
    line[5 * step] = _mm256_fnmadd_ps(both, d3, _mm256_add_ps(d1, d5));
  }

  /// G g: three taps to six numbers.
  [[gnu::target("avx2,fma"), gnu::always_inline]] static void of_filter(__m256* line, Index step) {
    const __m256 g0 = line[0], g1 = line[step], g2 = line[2 * step];
    const __m256 p = _mm256_fmadd_ps(all(Points::a2 * Points::of_a), g2, _mm256_mul_ps(all(Points::of_a), g0));
    const __m256 r = _mm256_fmadd_ps(all(Points::b2 * Points::of_b), g2, _mm256_mul_ps(all(Points::of_b), g0));
    const __m256 q = all(Points::a * Points::of_a), s = all(Points::b * Points::of_b);
    line[step] = _mm256_fmadd_ps(q, g1, p);
    line[2 * step] = _mm256_fnmadd_ps(q, g1, p);
    line[3 * step] = _mm256_fmadd_ps(s, g1, r);
    line[4 * step] = _mm256_fnmadd_ps(s, g1, r);
    line[5 * step] = g2;
  }

  /// A^T m: six products to four numbers.
  [[gnu::target("avx2,fma"), gnu::always_inline]] static void of_products(__m256* line, Index step) {
    const __m256 even_a = _mm256_add_ps(line[step], line[2 * step]);
    const __m256 odd_a = _mm256_sub_ps(line[step], line[2 * step]);
    const __m256 even_b = _mm256_add_ps(line[3 * step], line[4 * step]);
    const __m256 odd_b = _mm256_sub_ps(line[3 * step], line[4 * step]);
    const __m256 last = line[5 * step];
    line[0] = _mm256_add_ps(line[0], _mm256_add_ps(even_a, even_b));
    line[step] = _mm256_fmadd_ps(all(Points::a), odd_a, _mm256_mul_ps(all(Points::b), odd_b));
    line[2 * step] = _mm256_fmadd_ps(all(Points::a2), even_a, _mm256_mul_ps(all(Points::b2), even_b));
    line[3 * step] = _mm256_fmadd_ps(all(Points::a3), odd_a, _mm256_fmadd_ps(all(Points::b3), odd_b, last));
  }

  /// A y: four gradients of results to six of products.
  [[gnu::target("avx2,fma"), gnu::always_inline]] static void of_gradient(__m256* line, Index step) {
    const __m256 y0 = line[0], y1 = line[step], y2 = line[2 * step], y3 = line[3 * step];
    const __m256 even_a = _mm256_fmadd_ps(all(Points::a2), y2, y0);
    const __m256 odd_a = _mm256_fmadd_ps(all(Points::a3), y3, _mm256_mul_ps(all(Points::a), y1));
    const __m256 even_b = _mm256_fmadd_ps(all(Points::b2), y2, y0);
    const __m256 odd_b = _mm256_fmadd_ps(all(Points::b3), y3, _mm256_mul_ps(all(Points::b), y1));
    line[step] = _mm256_add_ps(even_a, odd_a);
    line[2 * step] = _mm256_sub_ps(even_a, odd_a);
    line[3 * step] = _mm256_add_ps(even_b, odd_b);
    line[4 * step] = _mm256_sub_ps(even_b, odd_b);
    line[5 * step] = y3;
  }

  /// G^T s: six numbers to the gradients of three taps.
  [[gnu::target("avx2,fma"), gnu::always_inline]] static void of_filter_gradient(__m256* line, Index step) {
    const __m256 even_a = _mm256_mul_ps(all(Points::of_a), _mm256_add_ps(line[step], line[2 * step]));
    const __m256 odd_a = _mm256_mul_ps(all(Points::of_a), _mm256_sub_ps(line[step], line[2 * step]));
    const __m256 even_b = _mm256_mul_ps(all(Points::of_b), _mm256_add_ps(line[3 * step], line[4 * step]));
    const __m256 odd_b = _mm256_mul_ps(all(Points::of_b), _mm256_sub_ps(line[3 * step], line[4 * step]));
    const __m256 last = line[5 * step];
    line[0] = _mm256_add_ps(line[0], _mm256_add_ps(even_a, even_b));
    line[step] = _mm256_fmadd_ps(all(Points::a), odd_a, _mm256_mul_ps(all(Points::b), odd_b));
    line[2 * step] = _mm256_fmadd_ps(all(Points::a2), even_a, _mm256_fmadd_ps(all(Points::b2), even_b, last));
  }
};

}  // namespace pupil::kernels::detail
