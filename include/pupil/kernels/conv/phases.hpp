#pragma once
// The phases of a convolution's data gradient: which taps read which pixels, what of dy those are, and their weights.

#include <algorithm>
#include <numeric>

#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/shape.hpp>

namespace pupil::kernels::detail {

/// Along one axis, the input positions phase, phase + stride, ... and the kernel's taps that read them: tap i of `axis`
/// is the kernel's tap first_tap - i * tap_step, so that offsets into dy ascend.
struct Phase {
  Phase(Index phase_, Index extent, Index kernel, Index stride, Index padding, Index dilation)
      : phase(phase_), positions(phase_ < extent ? (extent - phase_ + stride - 1) / stride : 0) {
    tap_step = stride / std::gcd(stride, dilation);
    first_tap = -1;
    for (Index tap = kernel - 1; tap >= 0 && first_tap < 0; --tap) {
      if ((phase + padding - tap * dilation) % stride == 0) first_tap = tap;
    }
    if (first_tap >= 0) {
      axis.count = first_tap / tap_step + 1;
      axis.first_offset = (phase + padding - first_tap * dilation) / stride;
      axis.offset_step = tap_step * dilation / stride;
    }
  }

  Index phase;
  Index positions;
  Index first_tap;
  Index tap_step;
  TapAxis axis{.count = 0, .stride = 1, .first_offset = 0, .offset_step = 1};
};

/// The patches of a group's dy that pixels of dx read, those of one phase or of all: either axis has their `positions`
/// and the taps that read them as `axis`.
template <class T, class Pixels>
Patches<T> gradient_patches(const ConvShape& shape, const T* dy, const Pixels& vertical, const Pixels& horizontal) {
  return {.image = dy,
          .height = shape.out_height,
          .width = shape.out_width,
          .channels = shape.out_channels_a_group(),
          .pixel_stride = shape.out_channels,
          .out_height = vertical.positions,
          .out_width = horizontal.positions,
          .vertical = vertical.axis,
          .horizontal = horizontal.axis,
          .rows = shape.batch * vertical.positions * horizontal.positions,
          .columns = vertical.axis.count * horizontal.axis.count * shape.out_channels_a_group()};
}

/// The weights of one phase's taps as a matrix [taps * K, C] for one group: it implements CopiesRows.
template <class T>
struct PhaseWeights {
  using Scalar = T;
  const T* weight;  // [K, KH, KW, C] of the group
  const ConvShape& shape;
  const Phase& vertical;
  const Phase& horizontal;
  Index rows;
  Index columns;

  void copy_row(Index r, Index first, Index count, T* destination) const {
    const Index tap = r / shape.out_channels_a_group();
    const Index channel = r - tap * shape.out_channels_a_group();
    const Index ky = vertical.first_tap - tap / horizontal.axis.count * vertical.tap_step;
    const Index kx = horizontal.first_tap - tap % horizontal.axis.count * horizontal.tap_step;
    const Index position = (channel * shape.kernel.height + ky) * shape.kernel.width + kx;
    std::copy_n(weight + position * columns + first, count, destination);
  }
};

}  // namespace pupil::kernels::detail
