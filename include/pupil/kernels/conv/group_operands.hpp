#pragma once
// What a convolution multiplies, group by group: the patches of its images and its filters.

#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>

namespace pupil::kernels::detail {

/// The patches of x that group g reads.
template <class T>
Patches<T> input_patches(const ConvShape& shape, const T* x, Index g) {
  return {.image = x + g * shape.in_channels_a_group(),
          .height = shape.height,
          .width = shape.width,
          .channels = shape.in_channels_a_group(),
          .pixel_stride = shape.in_channels,
          .out_height = shape.out_height,
          .out_width = shape.out_width,
          .vertical = {shape.kernel.height, shape.stride.height, -shape.padding.top, shape.dilation.height},
          .horizontal = {shape.kernel.width, shape.stride.width, -shape.padding.left, shape.dilation.width},
          .rows = shape.batch * shape.out_height * shape.out_width,
          .columns = shape.patch_size()};
}

/// The filters of group g, from weight [K, KH, KW, C / groups]: one a column.
template <class T>
Transposed<T> filters_of_group(const ConvShape& shape, const T* weight, Index g) {
  const Index size = shape.patch_size();
  return {weight + g * shape.out_channels_a_group() * size, size, shape.out_channels_a_group(), size};
}

}  // namespace pupil::kernels::detail
