#pragma once
// add_tap_products of conv/depthwise/products.hpp by AVX2: up to four taps share what is read of dy.

#include <array>
#include <cstddef>
#include <utility>

#include <immintrin.h>

#include <pupil/kernels/conv/depthwise/products.hpp>
#include <pupil/kernels/isa/first_lanes.hpp>

namespace pupil::kernels {

class Avx2TapProducts {
 public:
  /// As add_tap_products.
  static void add(const TapProducts<float>& lines) {
    detail::add_taps_by(lines, std::array{add_taps<1>, add_taps<2>, add_taps<3>, add_taps<4>});
  }

 private:
  template <std::size_t Taps>
  [[gnu::target("avx2,fma")]] static void add_taps(const TapProducts<float>& lines) {
    for (Index c = 0; c < lines.channels; c += 8) {
      const __m256i mask = first_lanes_avx2(lines.channels - c);
      add_register(lines, c, mask, std::make_integer_sequence<Index, static_cast<Index>(Taps)>{});
    }
  }

  // The pack of tap numbers unrolls the taps, so that the sums stay in registers at any optimisation level.
  template <Index... Tap>
  [[gnu::target("avx2,fma"), gnu::always_inline]] static inline void add_register(
      const TapProducts<float>& lines, Index c, const __m256i& mask, std::integer_sequence<Index, Tap...>) {
    __m256 sums[sizeof...(Tap)];
    ((sums[Tap] = _mm256_maskload_ps(lines.sums + Tap * lines.channels + c, mask)), ...);
    const float* dy = lines.dy + c;
    const float* x = lines.x + c;
    for (Index i = 0; i < lines.outputs; ++i, dy += lines.dy_step, x += lines.x_step) {
      const __m256 gradient = _mm256_maskload_ps(dy, mask);
      ((sums[Tap] = _mm256_fmadd_ps(_mm256_maskload_ps(x + Tap * lines.x_tap, mask), gradient, sums[Tap])), ...);
    }
    (_mm256_maskstore_ps(lines.sums + Tap * lines.channels + c, mask, sums[Tap]), ...);
  }
};

}  // namespace pupil::kernels
