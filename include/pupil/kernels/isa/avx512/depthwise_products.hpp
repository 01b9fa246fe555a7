#pragma once
// add_tap_products of conv/depthwise/products.hpp by AVX-512: up to four taps share what is read of dy, for 32 channels
// at a time where there are so many, so that enough sums hide the latency of an addition.

#include <array>
#include <cstddef>
#include <utility>

#include <immintrin.h>

#include <pupil/kernels/conv/depthwise/products.hpp>
#include <pupil/kernels/isa/first_lanes.hpp>

namespace pupil::kernels {

class Avx512TapProducts {
 public:
  /// As add_tap_products.
  static void add(const TapProducts<float>& lines) {
    detail::add_taps_by(lines, std::array{add_taps<1>, add_taps<2>, add_taps<3>, add_taps<4>});
  }

 private:
  template <std::size_t Taps>
  [[gnu::target("avx512f")]] static void add_taps(const TapProducts<float>& lines) {
    const auto numbers = std::make_integer_sequence<Index, static_cast<Index>(Taps)>{};
    Index c = 0;
    for (; c + 32 <= lines.channels; c += 32) add_two_registers(lines, c, numbers);
    for (; c < lines.channels; c += 16) add_register(lines, c, first_lanes_avx512(lines.channels - c), numbers);
  }

  // The packs of tap numbers unroll the taps, so that the sums stay in registers at any optimisation level.
  template <Index... Tap>
  [[gnu::target("avx512f"), gnu::always_inline]] static inline void add_two_registers(
      const TapProducts<float>& lines, Index c, std::integer_sequence<Index, Tap...>) {
    __m512 low[sizeof...(Tap)];
    __m512 high[sizeof...(Tap)];
    ((low[Tap] = _mm512_loadu_ps(lines.sums + Tap * lines.channels + c),
      high[Tap] = _mm512_loadu_ps(lines.sums + Tap * lines.channels + c + 16)),
     ...);
    const float* dy = lines.dy + c;
    const float* x = lines.x + c;
    for (Index i = 0; i < lines.outputs; ++i, dy += lines.dy_step, x += lines.x_step) {
      const __m512 dy_low = _mm512_loadu_ps(dy);
      const __m512 dy_high = _mm512_loadu_ps(dy + 16);
      ((low[Tap] = _mm512_fmadd_ps(_mm512_loadu_ps(x + Tap * lines.x_tap), dy_low, low[Tap]),
        high[Tap] = _mm512_fmadd_ps(_mm512_loadu_ps(x + Tap * lines.x_tap + 16), dy_high, high[Tap])),
       ...);
    }
    ((_mm512_storeu_ps(lines.sums + Tap * lines.channels + c, low[Tap]),
      _mm512_storeu_ps(lines.sums + Tap * lines.channels + c + 16, high[Tap])),
     ...);
  }

  template <Index... Tap>
  [[gnu::target("avx512f"), gnu::always_inline]] static inline void add_register(const TapProducts<float>& lines,
                                                                                 Index c, __mmask16 mask,
                                                                                 std::integer_sequence<Index, Tap...>) {
    __m512 sums[sizeof...(Tap)];
    ((sums[Tap] = _mm512_maskz_loadu_ps(mask, lines.sums + Tap * lines.channels + c)), ...);
    const float* dy = lines.dy + c;
    const float* x = lines.x + c;
    for (Index i = 0; i < lines.outputs; ++i, dy += lines.dy_step, x += lines.x_step) {
      const __m512 gradient = _mm512_maskz_loadu_ps(mask, dy);
      ((sums[Tap] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + Tap * lines.x_tap), gradient, sums[Tap])), ...);
    }
    (_mm512_mask_storeu_ps(lines.sums + Tap * lines.channels + c, mask, sums[Tap]), ...);
  }
};

}  // namespace pupil::kernels
