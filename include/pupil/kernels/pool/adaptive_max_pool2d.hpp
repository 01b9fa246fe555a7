#pragma once
// Adaptive max pooling: the largest element of each of the windows of adaptive_avg_pool2d.hpp.

#include <algorithm>
#include <cstdint>
#include <limits>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pool/adaptive_avg_pool2d.hpp>
#include <pupil/kernels/pool/pool2d.hpp>

namespace pupil::kernels {

/// Where in its image a maximum was found: row * width + column.
using PixelNumber = std::int32_t;

namespace detail {

inline PixelNumber number_in_image(const Pixel& pixel, const Shape<4>& shape) {
  return static_cast<PixelNumber>(pixel.y * shape[2] + pixel.x);
}

}  // namespace detail

/// y = the largest element of each of the windows that x is divided into, as many as y has pixels; a NaN is larger than
/// any number. `found` is where each lay: the first of equal ones, the last of several NaN.
template <class T>
void adaptive_max_pool2d(const Tensor<T, 4>& x, Tensor<T, 4>& y, Tensor<PixelNumber, 4>& found) {
  const Index channels = x.columns();
  detail::for_each_pixel(y.shape(), [&](const detail::Pixel& output) {
    T* const largest = y.row(output.row(y.shape()));
    PixelNumber* const place = found.row(output.row(y.shape()));
    const detail::Pixel first{output.image, adaptive_window(output.y, x.dim(1), y.dim(1)).begin,
                              adaptive_window(output.x, x.dim(2), y.dim(2)).begin};
    std::fill_n(largest, channels, -std::numeric_limits<T>::infinity());
    std::fill_n(place, channels, detail::number_in_image(first, x.shape()));
    detail::for_each_adaptive(output, x.shape(), y.shape(), [&](const detail::Pixel& input) {
      const T* const candidates = x.row(input.row(x.shape()));
      const PixelNumber number = detail::number_in_image(input, x.shape());
      for (Index c = 0; c < channels; ++c) {
        const bool replaced = detail::replaces(candidates[c], largest[c]);
        largest[c] = replaced ? candidates[c] : largest[c];
        place[c] = replaced ? number : place[c];
      }
    });
  });
}

/// dx = for each element, the sum of dy over the windows of which it was the maximum.
template <class T>
void adaptive_max_pool2d_backward(const Tensor<T, 4>& dy, const Tensor<PixelNumber, 4>& found, Tensor<T, 4>& dx) {
  const Index channels = dx.columns();
  detail::for_each_pixel(dx.shape(), [&](const detail::Pixel& input) {
    T* const sum = dx.row(input.row(dx.shape()));
    std::fill_n(sum, channels, T{0});
    const PixelNumber number = detail::number_in_image(input, dx.shape());
    detail::for_each_adaptive(input, dy.shape(), dx.shape(), [&](const detail::Pixel& output) {
      const Index row = output.row(dy.shape());
      const T* const gradient = dy.row(row);
      const PixelNumber* const place = found.row(row);
      for (Index c = 0; c < channels; ++c) sum[c] += place[c] == number ? gradient[c] : T{0};
    });
  });
}

}  // namespace pupil::kernels
