#pragma once
// gather_run of conv/depthwise/gather.hpp by AVX-512: a register of channels for each pixel of the run, and one for a
// tap's weights, which serve all of them.

#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include <immintrin.h>

#include <pupil/kernels/conv/depthwise/gather.hpp>
#include <pupil/kernels/isa/first_lanes.hpp>

namespace pupil::kernels {

class Avx512Gather {
 public:
  /// As gather_run.
  static void gather(const GatherRun<float>& run) {
    constexpr std::array by_pixels{gather_pixels<1>, gather_pixels<2>, gather_pixels<4>, gather_pixels<8>};
    static_assert(PixelRun::most == 8);
    by_pixels[static_cast<std::size_t>(std::countr_zero(static_cast<std::size_t>(run.pixels)))](run);
  }

 private:
  template <std::size_t Pixels>
  [[gnu::target("avx512f")]] static void gather_pixels(const GatherRun<float>& run) {
    for (Index c = 0; c < run.channels; c += 16) {
      const auto mask = first_lanes_avx512(run.channels - c);
      gather_channels(run, c, mask, std::make_integer_sequence<Index, static_cast<Index>(Pixels)>{});
    }
  }

  // The pack of pixel numbers unrolls the run, so that the sums stay in registers at any optimisation level.
  template <Index... Pixel>
  [[gnu::target("avx512f"), gnu::always_inline]] static inline void gather_channels(
      const GatherRun<float>& run, Index c, __mmask16 mask, std::integer_sequence<Index, Pixel...> pixels) {
    const __m512 start = run.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, run.bias + c);
    __m512 sums[sizeof...(Pixel)];
    ((sums[Pixel] = start), ...);
    for (Index line = 0; line < run.lines; ++line) {
      const float* source = run.source + line * run.source_line + c;
      const float* weights = run.weights + line * run.weights_line + c;
      for (Index tap = 0; tap < run.taps; ++tap, source += run.source_tap, weights += run.weights_tap) {
        const __m512 weight = _mm512_maskz_loadu_ps(mask, weights);
        ((sums[Pixel] =
              _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, source + Pixel * run.source_pixel), weight, sums[Pixel])),
         ...);
      }
    }
    if (run.epilogue != nullptr) finish(*run.epilogue, c, run.target_pixel, mask, sums, pixels);
    (_mm512_mask_storeu_ps(run.target + Pixel * run.target_pixel + c, mask, sums[Pixel]), ...);
  }

  template <std::size_t Count, Index... Pixel>
  [[gnu::target("avx512f"), gnu::always_inline]] static inline void finish(const Epilogue<float>& epilogue, Index c,
                                                                           Index stride, __mmask16 mask,
                                                                           __m512 (&sums)[Count],
                                                                           std::integer_sequence<Index, Pixel...>) {
    if (epilogue.scale != nullptr) {
      const __m512 scale = _mm512_maskz_loadu_ps(mask, epilogue.scale + c);
      const __m512 shift = _mm512_maskz_loadu_ps(mask, epilogue.shift + c);
      ((sums[Pixel] = _mm512_fmadd_ps(sums[Pixel], scale, shift)), ...);
    }
    if (epilogue.residual != nullptr) {
      const float* const residual = epilogue.residual + c;
      ((sums[Pixel] = _mm512_add_ps(sums[Pixel], _mm512_maskz_loadu_ps(mask, residual + Pixel * stride))), ...);
    }
    // Of a number and a NaN, the second operand comes out.
    const __m512 lowest = _mm512_set1_ps(epilogue.lowest);
    const __m512 highest = _mm512_set1_ps(epilogue.highest);
    ((sums[Pixel] = _mm512_maskz_min_ps(mask, highest, _mm512_maskz_max_ps(mask, lowest, sums[Pixel]))), ...);
  }
};

}  // namespace pupil::kernels
