#pragma once
// Pooling over the windows of NHWC images: the largest element or the mean of each window, channel by channel.
//
// Forward walks over the outputs. Backward walks over the inputs, and each gathers from the windows that cover it, so
// that every element has one owner and its terms are added in one order.

#include <Eigen/Core>
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/window.hpp>

namespace pupil::kernels {

/// How a pooling window slides.
struct PoolWindow {
  Size2d kernel_size;
  Size2d stride;
  Padding2d padding;
};

/// Where in its window a maximum was found: row * kernel width + column.
using Tap = std::uint16_t;

/// The shape of what pooling makes of `x`; extents of 0 where no window fits.
inline Shape<4> pooled_shape(const Shape<4>& x, const PoolWindow& window) {
  const auto& [kernel, stride, padding] = window;
  return {x[0], output_extent(x[1], kernel.height, stride.height, padding.top, padding.bottom),
          output_extent(x[2], kernel.width, stride.width, padding.left, padding.right), x[3]};
}

namespace detail {

template <class T>
using Channels = Eigen::Map<Eigen::Array<T, 1, Eigen::Dynamic>>;
template <class T>
using ConstChannels = Eigen::Map<const Eigen::Array<T, 1, Eigen::Dynamic>>;

/// One pixel of a batch of images.
struct Pixel {
  Index image, y, x;

  /// Its number among the pixels of a tensor of this shape, which is the number of its feature row.
  Index row(const Shape<4>& shape) const { return (image * shape[1] + y) * shape[2] + x; }
};

/// Two half-open ranges, down and across an image.
struct Range2d {
  Range down, across;
};

/// Calls `body(pixel)` for every pixel of the shape, image rows in parallel.
template <class Body>
void for_each_pixel(const Shape<4>& shape, const Body& body) {
  const Index grain = std::max<Index>(1, pointwise_grain / std::max<Index>(1, shape[2] * shape[3]));
  parallel_ranges(shape[0] * shape[1], grain, [&](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) {
      for (Index x = 0; x < shape[2]; ++x) body(Pixel{row / shape[1], row % shape[1], x});
    }
  });
}

/// The taps of the window at `output` that fall inside images of the shape `x`.
inline Range2d taps_inside(const Pixel& output, const Shape<4>& x, const PoolWindow& window) {
  const auto& [kernel, stride, padding] = window;
  return {kernels::taps_inside(output.y, x[1], kernel.height, stride.height, padding.top),
          kernels::taps_inside(output.x, x[2], kernel.width, stride.width, padding.left)};
}

/// Calls `use(row, tap)` for each of the taps, in reading order; `row` is the feature row of `x` that the tap falls on.
template <class Use>
void for_each_tap(const Pixel& output, const Range2d& taps, const Shape<4>& x, const PoolWindow& window,
                  const Use& use) {
  for (Index i = taps.down.begin; i < taps.down.end; ++i) {
    for (Index j = taps.across.begin; j < taps.across.end; ++j) {
      const Pixel input{output.image, output.y * window.stride.height - window.padding.top + i,
                        output.x * window.stride.width - window.padding.left + j};
      use(input.row(x), i * window.kernel_size.width + j);
    }
  }
}

/// Calls `use(output, tap)` for every window over `input`, in reading order; `tap` is where the window has the input.
template <class Use>
void for_each_window_over(const Pixel& input, const Shape<4>& y, const PoolWindow& window, const Use& use) {
  const auto& [kernel, stride, padding] = window;
  const Range down = windows_over(input.y, y[1], kernel.height, stride.height, padding.top);
  const Range across = windows_over(input.x, y[2], kernel.width, stride.width, padding.left);
  for (Index oy = down.begin; oy < down.end; ++oy) {
    for (Index ox = across.begin; ox < across.end; ++ox) {
      const Index i = input.y + padding.top - oy * stride.height;
      const Index j = input.x + padding.left - ox * stride.width;
      use(Pixel{input.image, oy, ox}, i * kernel.width + j);
    }
  }
}

/// Whether `candidate` is a new maximum; a NaN always is.
template <class T>
bool replaces(T candidate, T largest) {
  return candidate > largest || candidate != candidate;
}

/// How many elements a mean is taken over.
template <class T>
T mean_divisor(const Pixel& output, const Shape<4>& x, const PoolWindow& window, bool count_padding) {
  if (count_padding) return static_cast<T>(window.kernel_size.height * window.kernel_size.width);
  const auto [down, across] = taps_inside(output, x, window);
  return static_cast<T>((down.end - down.begin) * (across.end - across.begin));
}

}  // namespace detail

/// y = the largest element of each window; padding is smaller than any. A NaN in a window is its largest.
template <class T>
void max_pool2d(const Tensor<T, 4>& x, const PoolWindow& window, Tensor<T, 4>& y) {
  const Index channels = x.columns();
  detail::for_each_pixel(y.shape(), [&](const detail::Pixel& output) {
    T* const largest = y.row(output.row(y.shape()));
    std::fill_n(largest, channels, -std::numeric_limits<T>::infinity());
    const auto taps = detail::taps_inside(output, x.shape(), window);
    detail::for_each_tap(output, taps, x.shape(), window, [&](Index row, Index) {
      const T* const candidates = x.row(row);
      for (Index c = 0; c < channels; ++c) {
        largest[c] = detail::replaces(candidates[c], largest[c]) ? candidates[c] : largest[c];
      }
    });
  });
}

/// The same, and for each maximum the tap that it came from: the first of equal ones, the last of several NaN.
template <class T>
void max_pool2d(const Tensor<T, 4>& x, const PoolWindow& window, Tensor<T, 4>& y, Tensor<Tap, 4>& found) {
  const Index channels = x.columns();
  detail::for_each_pixel(y.shape(), [&](const detail::Pixel& output) {
    T* const largest = y.row(output.row(y.shape()));
    Tap* const place = found.row(output.row(y.shape()));
    const auto taps = detail::taps_inside(output, x.shape(), window);
    std::fill_n(largest, channels, -std::numeric_limits<T>::infinity());
    std::fill_n(place, channels, static_cast<Tap>(taps.down.begin * window.kernel_size.width + taps.across.begin));
    detail::for_each_tap(output, taps, x.shape(), window, [&](Index row, Index tap) {
      const T* const candidates = x.row(row);
      for (Index c = 0; c < channels; ++c) {
        const bool replaced = detail::replaces(candidates[c], largest[c]);
        largest[c] = replaced ? candidates[c] : largest[c];
        place[c] = replaced ? static_cast<Tap>(tap) : place[c];
      }
    });
  });
}

/// dx = for each element, the sum of dy over the windows of which it was the maximum.
template <class T>
void max_pool2d_backward(const Tensor<T, 4>& dy, const Tensor<Tap, 4>& found, const PoolWindow& window,
                         Tensor<T, 4>& dx) {
  const Index channels = dx.columns();
  detail::for_each_pixel(dx.shape(), [&](const detail::Pixel& input) {
    T* const sum = dx.row(input.row(dx.shape()));
    std::fill_n(sum, channels, T{0});
    detail::for_each_window_over(input, dy.shape(), window, [&](const detail::Pixel& output, Index tap) {
      const Index row = output.row(dy.shape());
      const T* const gradient = dy.row(row);
      const Tap* const place = found.row(row);
      for (Index c = 0; c < channels; ++c) sum[c] += place[c] == static_cast<Tap>(tap) ? gradient[c] : T{0};
    });
  });
}

/// y = the mean of each window; padding counts as zeros, or not at all.
template <class T>
void avg_pool2d(const Tensor<T, 4>& x, const PoolWindow& window, bool count_padding, Tensor<T, 4>& y) {
  detail::for_each_pixel(y.shape(), [&](const detail::Pixel& output) {
    detail::Channels<T> mean(y.row(output.row(y.shape())), y.columns());
    mean.setZero();
    detail::for_each_tap(output, detail::taps_inside(output, x.shape(), window), x.shape(), window,
                         [&](Index row, Index) { mean += detail::ConstChannels<T>(x.row(row), x.columns()); });
    mean /= detail::mean_divisor<T>(output, x.shape(), window, count_padding);
  });
}

/// dx = for each element, its share of dy of every window over it.
template <class T>
void avg_pool2d_backward(const Tensor<T, 4>& dy, const PoolWindow& window, bool count_padding, Tensor<T, 4>& dx) {
  detail::for_each_pixel(dx.shape(), [&](const detail::Pixel& input) {
    detail::Channels<T> sum(dx.row(input.row(dx.shape())), dx.columns());
    sum.setZero();
    detail::for_each_window_over(input, dy.shape(), window, [&](const detail::Pixel& output, Index) {
      const T share = T{1} / detail::mean_divisor<T>(output, dx.shape(), window, count_padding);
      sum += share * detail::ConstChannels<T>(dy.row(output.row(dy.shape())), dy.columns());
    });
  });
}

}  // namespace pupil::kernels
