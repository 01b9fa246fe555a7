#pragma once
// Convolutions of random shapes, and the definition that all their passes follow.

#include <array>
#include <cstddef>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/isa/arguments/bf16.hpp>
#include <pupil/kernels/window.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

namespace pupil::testing {

inline Index random_between(Index lowest, Index highest, Rng& rng) {
  return lowest + static_cast<Index>(rng.below(highest - lowest + 1));
}

/// Lines of whole and of broken groups of positions; sums of one step and of several, of one line and of several;
/// pixels with gaps behind them and without; kernels of any shape.
inline kernels::ConvShape random_conv_shape(Rng& rng) {
  const auto between = [&](Index lowest, Index highest) { return random_between(lowest, highest, rng); };
  const std::array<Index, 6> channels{between(180, 220), 256, 512 * between(1, 2), between(1, 4), between(16, 40),
                                      between(16, 40)};
  kernels::ConvShape s{.batch = between(1, 5),
                       .height = between(1, 20),
                       .width = between(5, 30),
                       .in_channels = channels[static_cast<std::size_t>(between(0, 5))],
                       .out_height = 0,
                       .out_width = 0,
                       .out_channels = between(16, 70),
                       .kernel = {between(1, 3), between(1, 4)},
                       .stride = {between(1, 3), between(1, 2)},
                       .dilation = {between(1, 2), between(1, 2)},
                       .padding = {between(0, 2), between(0, 2), between(0, 2), between(0, 2)},
                       .groups = 1};
  s.height += (s.kernel.height - 1) * s.dilation.height;
  s.width += (s.kernel.width - 1) * s.dilation.width;
  s.out_height = kernels::output_extent(s.height, s.kernel.height, s.stride.height, s.padding.top, s.padding.bottom,
                                        s.dilation.height);
  s.out_width = kernels::output_extent(s.width, s.kernel.width, s.stride.width, s.padding.left, s.padding.right,
                                       s.dilation.width);
  return s;
}

/// Of one group or two, whose channels are multiples of what a tile takes: up to so many times.
struct ChannelSteps {
  Index step, most;
};
inline kernels::ConvShape random_grouped_conv_shape(const ChannelSteps& in, const ChannelSteps& out, Rng& rng) {
  kernels::ConvShape shape = random_conv_shape(rng);
  shape.groups = random_between(1, 2, rng);
  shape.in_channels = shape.groups * in.step * random_between(1, in.most, rng);
  shape.out_channels = shape.groups * out.step * random_between(1, out.most, rng);
  return shape;
}

/// Rounds all numbers to what bf16 has.
template <std::size_t Rank>
void round_to_bf16(Tensor<float, Rank>& tensor) {
  for (float& number : tensor) number = kernels::from_bf16(kernels::to_bf16(number));
}

/// Calls `use(output, input, tap)` for every output position, the input position that a tap of it reads, and the tap.
template <class Use>
void for_each_tap_read(const kernels::ConvShape& s, const Use& use) {
  for (Index n = 0; n < s.batch; ++n) {
    for (Index i = 0; i < s.out_height * s.out_width; ++i) {
      for (Index tap = 0; tap < s.kernel.height * s.kernel.width; ++tap) {
        const Index y = i / s.out_width * s.stride.height + tap / s.kernel.width * s.dilation.height - s.padding.top;
        const Index x = i % s.out_width * s.stride.width + tap % s.kernel.width * s.dilation.width - s.padding.left;
        if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
        use(n * s.out_height * s.out_width + i, (n * s.height + y) * s.width + x, tap);
      }
    }
  }
}

/// dW [K, KH, KW, C / groups] from its definition, in double.
inline Tensor<double, 3> naive_weight_gradient(const kernels::ConvShape& s, const Tensor<float, 4>& x,
                                               const Tensor<float, 4>& dy) {
  const Index in = s.in_channels_a_group();
  Tensor<double, 3> gradient({s.out_channels, s.kernel.height * s.kernel.width, in});
  const Index taps = s.kernel.height * s.kernel.width;
  for_each_tap_read(s, [&](Index output, Index input, Index tap) {
    for (Index k = 0; k < s.out_channels; ++k) {
      const double factor = static_cast<double>(dy[output * s.out_channels + k]);
      const float* pixel = x.data() + input * s.in_channels + k / s.out_channels_a_group() * in;
      double* sums = gradient.data() + (k * taps + tap) * in;
      for (Index c = 0; c < in; ++c) sums[c] += factor * static_cast<double>(pixel[c]);
    }
  });
  return gradient;
}

/// dx from its definition, in double, for one group; the weight is [K, KH * KW, C].
template <class T>
Tensor<double, 4> naive_input_gradient(const kernels::ConvShape& s, const Tensor<T, 4>& dy,
                                       const Tensor<T, 3>& weight) {
  Tensor<double, 4> gradient({s.batch, s.height, s.width, s.in_channels});
  const Index taps = s.kernel.height * s.kernel.width;
  for_each_tap_read(s, [&](Index output, Index input, Index tap) {
    double* sums = gradient.data() + input * s.in_channels;
    for (Index k = 0; k < s.out_channels; ++k) {
      const double factor = static_cast<double>(dy[output * s.out_channels + k]);
      const T* of_tap = weight.data() + (k * taps + tap) * s.in_channels;
      for (Index c = 0; c < s.in_channels; ++c) sums[c] += factor * static_cast<double>(of_tap[c]);
    }
  });
  return gradient;
}

/// Checks what `add(x, dy, gradient)` adds to a gradient, for random images, against the definition and for any number
/// of threads. Numbers may be such that bf16 has them all, so that it has to be as precise as fp32.
template <class Add>
void check_weight_gradient(const kernels::ConvShape& s, Rng& rng, const Add& add, double tolerance = 2e-6,
                           bool are_bf16 = false) {
  auto x = random_tensor<float>(Shape{s.batch, s.height, s.width, s.in_channels}, rng);
  auto dy = random_tensor<float>(Shape{s.batch, s.out_height, s.out_width, s.out_channels}, rng);
  if (are_bf16) {
    round_to_bf16(x);
    round_to_bf16(dy);
  }
  auto expected = naive_weight_gradient(s, x, dy);
  for (double& value : expected) value += 1;  // gradients are added to what is there
  const auto fast = [&] {
    auto gradient = Tensor<float, 3>::full(expected.shape(), 1);
    add(x.data(), dy.data(), gradient.data());
    return gradient;
  };
  CHECK(relative_difference(fast(), expected) < tolerance);
  check_thread_counts(fast);
}

}  // namespace pupil::testing
