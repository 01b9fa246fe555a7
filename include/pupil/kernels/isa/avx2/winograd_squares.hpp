#pragma once
// Squares of an image, a filter or a gradient, to and from the 36 numbers a channel that conv/winograd/conv2d.hpp
// multiplies.

#include <algorithm>
#include <utility>

#include <immintrin.h>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/gemm/epilogue.hpp>
#include <pupil/kernels/isa/avx2/epilogue.hpp>
#include <pupil/kernels/isa/avx2/winograd_transforms.hpp>

namespace pupil::kernels::detail {

/// A square of pixels of an image, of which those at [first_line, last_line) and [first_pixel, last_pixel) are inside.
template <class T>
struct PixelSquare {
  T* corner;  ///< the first pixel, inside or not
  Index line_stride;
  Index pixel_stride;
  Index first_line, last_line;
  Index first_pixel, last_pixel;

  bool has(Index line, Index pixel) const {
    return line >= first_line && line < last_line && pixel >= first_pixel && pixel < last_pixel;
  }
  T* at(Index line, Index pixel) const { return corner + line * line_stride + pixel * pixel_stride; }
};

/// Number p of a channel c lies at data[p * stride + c].
template <class T>
struct WinogradNumbers {
  T* data;
  Index stride;
};

/// All transforms take eight channels at a time; there is a multiple of them.
struct Avx2Winograd {
  using Lines = Avx2WinogradLines;
  static constexpr Index lanes = 8;
  static constexpr Index numbers_a_side = 6, results_a_side = 4, taps_a_side = 3;

  /// B^T d B of a square of 6 x 6 pixels; those outside are zeros.
  [[gnu::target("avx2,fma")]] static void transform_image(const PixelSquare<const float>& pixels, Index channels,
                                                          const WinogradNumbers<float>& to) {
    transform<numbers_a_side, Lines::of_image>(pixels, channels, to);
  }

  /// A dy A^T of a square of 4 x 4 gradients; those outside are zeros.
  [[gnu::target("avx2,fma")]] static void transform_gradient(const PixelSquare<const float>& gradients, Index channels,
                                                             const WinogradNumbers<float>& to) {
    transform<results_a_side, Lines::of_gradient>(gradients, channels, to);
  }

  /// G g G^T of a filter [3, 3, channels], or of the filter turned by half a turn.
  [[gnu::target("avx2,fma")]] static void transform_filter(const float* filter, bool is_turned, Index channels,
                                                           const WinogradNumbers<float>& to) {
    __m256 square[numbers_a_side * numbers_a_side];
    for (Index c = 0; c < channels; c += lanes) {
      for (Index i = 0; i < taps_a_side; ++i) {
        __m256* const line = square + i * numbers_a_side;
        for (Index j = 0; j < taps_a_side; ++j) {
          const Index tap = i * taps_a_side + j;
          const Index last = taps_a_side * taps_a_side - 1;
          line[j] = _mm256_loadu_ps(filter + (is_turned ? last - tap : tap) * channels + c);
        }
        Lines::of_filter(line, 1);
      }
      for (Index j = 0; j < numbers_a_side; ++j) Lines::of_filter(square + j, numbers_a_side);
      store(square, to, c);
    }
  }

  /// Writes A^T m A, with bias and epilogue, to those of 4 x 4 pixels that are inside. The epilogue's residual begins
  /// where the corner does.
  [[gnu::target("avx2,fma")]] static void finish(const WinogradNumbers<const float>& from, Index channels,
                                                 const float* bias, const Epilogue<float>* epilogue,
                                                 const PixelSquare<float>& results) {
    __m256 square[numbers_a_side * numbers_a_side];
    for (Index c = 0; c < channels; c += lanes) {
      load(from, c, square);
      for (Index i = 0; i < numbers_a_side; ++i) Lines::of_products(square + i * numbers_a_side, 1);
      for (Index j = 0; j < results_a_side; ++j) Lines::of_products(square + j, numbers_a_side);
      const __m256 start = bias == nullptr ? _mm256_setzero_ps() : _mm256_loadu_ps(bias + c);
      for (Index i = results.first_line; i < results.last_line; ++i) {
        for (Index j = results.first_pixel; j < results.last_pixel; ++j) {
          __m256 sums[1] = {_mm256_add_ps(square[i * numbers_a_side + j], start)};
          float* const result = results.at(i, j);
          if (epilogue != nullptr) {
            finish_rows_avx2(epilogue->from(0, result - results.corner), c, 0, sums, std::integer_sequence<Index, 0>{});
          }
          _mm256_storeu_ps(result + c, sums[0]);
        }
      }
    }
  }

  /// Adds G^T s G to the gradient of a filter [3, 3, channels].
  [[gnu::target("avx2,fma")]] static void add_filter_gradient(const WinogradNumbers<const float>& from, Index channels,
                                                              float* gradient) {
    __m256 square[numbers_a_side * numbers_a_side];
    for (Index c = 0; c < channels; c += lanes) {
      load(from, c, square);
      for (Index i = 0; i < numbers_a_side; ++i) Lines::of_filter_gradient(square + i * numbers_a_side, 1);
      for (Index j = 0; j < taps_a_side; ++j) Lines::of_filter_gradient(square + j, numbers_a_side);
      for (Index i = 0; i < taps_a_side; ++i) {
        for (Index j = 0; j < taps_a_side; ++j) {
          float* const tap = gradient + (i * taps_a_side + j) * channels + c;
          _mm256_storeu_ps(tap, _mm256_add_ps(_mm256_loadu_ps(tap), square[i * numbers_a_side + j]));
        }
      }
    }
  }

 private:
  /// Of a square of so many pixels a side, along its lines and then across them.
  template <Index Side, void (*transform_line)(__m256*, Index)>
  [[gnu::target("avx2,fma"), gnu::always_inline]] static void transform(const PixelSquare<const float>& pixels,
                                                                        Index channels,
                                                                        const WinogradNumbers<float>& to) {
    __m256 square[numbers_a_side * numbers_a_side];
    for (Index c = 0; c < channels; c += lanes) {
      for (Index i = 0; i < Side; ++i) {
        __m256* const line = square + i * numbers_a_side;
        for (Index j = 0; j < Side; ++j) {
          line[j] = pixels.has(i, j) ? _mm256_loadu_ps(pixels.at(i, j) + c) : _mm256_setzero_ps();
        }
        transform_line(line, 1);
      }
      for (Index j = 0; j < numbers_a_side; ++j) transform_line(square + j, numbers_a_side);
      store(square, to, c);
    }
  }

  [[gnu::target("avx2,fma"), gnu::always_inline]] static void store(const __m256* square,
                                                                    const WinogradNumbers<float>& to, Index channel) {
    for (Index p = 0; p < numbers_a_side * numbers_a_side; ++p) {
      _mm256_storeu_ps(to.data + p * to.stride + channel, square[p]);
    }
  }
  [[gnu::target("avx2,fma"), gnu::always_inline]] static void load(const WinogradNumbers<const float>& from,
                                                                   Index channel, __m256* square) {
    for (Index p = 0; p < numbers_a_side * numbers_a_side; ++p) {
      square[p] = _mm256_loadu_ps(from.data + p * from.stride + channel);
    }
  }
};

}  // namespace pupil::kernels::detail
