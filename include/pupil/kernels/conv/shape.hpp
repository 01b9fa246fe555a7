#pragma once
// The extents that all kernels of convolution speak of.

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

/// All extents of one convolution; N, H, W, C of the input, OH, OW, K of the output, KH, KW of the kernel. A sequence
/// is an image of height 1.
struct ConvShape {
  Index batch = 0, height = 0, width = 0, in_channels = 0;
  Index out_height = 0, out_width = 0, out_channels = 0;
  Size2d kernel, stride, dilation;
  Padding2d padding;
  Index groups;

  Index in_channels_a_group() const { return in_channels / groups; }
  Index out_channels_a_group() const { return out_channels / groups; }
  Index patch_size() const { return kernel.height * kernel.width * in_channels_a_group(); }

  /// Whether every output channel reads one input channel of several: conv/depthwise/conv2d.hpp.
  bool is_depthwise() const { return groups > 1 && groups == in_channels; }
};

}  // namespace pupil::kernels
