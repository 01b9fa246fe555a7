#pragma once
// Adaptive average pooling: the mean of windows that are laid so that a given number of them covers an image.
//
// Of `to` windows over `from` pixels, window i is [floor(i from / to), ceil((i + 1) from / to)): neighbours differ in
// size by at most one pixel, and overlap where `to` does not divide `from`. Seen from the other side the formula is the
// same: pixel i lies in the windows [floor(i to / from), ceil((i + 1) to / from)).

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pool/pool2d.hpp>
#include <pupil/kernels/window.hpp>

namespace pupil::kernels {

/// The pixels, of `from`, in window i of `to`; or the windows, of `from`, over pixel i of `to`.
constexpr Range adaptive_window(Index i, Index from, Index to) {
  return {i * from / to, ((i + 1) * from + to - 1) / to};
}

namespace detail {

/// Calls `use(pixel)` for all that `pixel`, of an image of shape `to`, meets in the image of shape `from`, in reading
/// order.
template <class Use>
void for_each_adaptive(const Pixel& pixel, const Shape<4>& from, const Shape<4>& to, const Use& use) {
  const Range down = adaptive_window(pixel.y, from[1], to[1]);
  const Range across = adaptive_window(pixel.x, from[2], to[2]);
  for (Index y = down.begin; y < down.end; ++y) {
    for (Index x = across.begin; x < across.end; ++x) use(Pixel{pixel.image, y, x});
  }
}

/// The number of elements in the window at `output`.
template <class T>
T adaptive_divisor(const Pixel& output, const Shape<4>& x, const Shape<4>& y) {
  const Range down = adaptive_window(output.y, x[1], y[1]);
  const Range across = adaptive_window(output.x, x[2], y[2]);
  return static_cast<T>((down.end - down.begin) * (across.end - across.begin));
}

}  // namespace detail

/// y = the mean of each of the windows that x is divided into, as many as y has pixels.
template <class T>
void adaptive_avg_pool2d(const Tensor<T, 4>& x, Tensor<T, 4>& y) {
  detail::for_each_pixel(y.shape(), [&](const detail::Pixel& output) {
    detail::Channels<T> mean(y.row(output.row(y.shape())), y.columns());
    mean.setZero();
    detail::for_each_adaptive(output, x.shape(), y.shape(), [&](const detail::Pixel& input) {
      mean += detail::ConstChannels<T>(x.row(input.row(x.shape())), x.columns());
    });
    mean /= detail::adaptive_divisor<T>(output, x.shape(), y.shape());
  });
}

/// dx = for each element, its share of dy of every window over it.
template <class T>
void adaptive_avg_pool2d_backward(const Tensor<T, 4>& dy, Tensor<T, 4>& dx) {
  detail::for_each_pixel(dx.shape(), [&](const detail::Pixel& input) {
    detail::Channels<T> sum(dx.row(input.row(dx.shape())), dx.columns());
    sum.setZero();
    detail::for_each_adaptive(input, dy.shape(), dx.shape(), [&](const detail::Pixel& output) {
      const T share = T{1} / detail::adaptive_divisor<T>(output, dx.shape(), dy.shape());
      sum += share * detail::ConstChannels<T>(dy.row(output.row(dy.shape())), dy.columns());
    });
  });
}

}  // namespace pupil::kernels
