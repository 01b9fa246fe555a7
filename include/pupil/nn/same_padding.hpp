#pragma once
// TensorFlow's SAME padding: as many outputs as strides fit into the image, and the larger half of the padding behind
// it.
//
//   outputs = ceil(n / s)        padding = max((outputs - 1) s + k - n, 0)        padding / 2 of it, rounded down,
//   before
//
// A convolution with stride 2 on an even image pads one row below and one column to the right, where PyTorch pads on
// all sides, so weights that were trained with one padding see shifted images under the other.

#include <algorithm>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/window.hpp>

namespace pupil {

/// What SAME adds to an image of this size for a kernel and a stride.
constexpr Padding2d same_padding(Size2d image, Size2d kernel, Size2d stride) {
  const auto total = [](Index n, Index k, Index s) { return std::max<Index>(((n + s - 1) / s - 1) * s + k - n, 0); };
  const Index vertical = total(image.height, kernel.height, stride.height);
  const Index horizontal = total(image.width, kernel.width, stride.width);
  return {vertical / 2, vertical - vertical / 2, horizontal / 2, horizontal - horizontal / 2};
}

/// The paddings of a network's windows, one after another: half the kernel, as PyTorch's networks have it, or SAME's,
/// which depend on how large the image still is.
class PaddingPlan {
 public:
  PaddingPlan(Index image_size, bool same) : size_(image_size), same_(same) {}

  /// The padding of the next convolution or pooling that has one.
  Padding2d next(Index kernel, Index stride) {
    const Padding2d padding = same_ ? same_padding(size_, kernel, stride) : Padding2d(kernel / 2);
    size_ = kernels::output_extent(size_, kernel, stride, padding.top, padding.bottom);
    return padding;
  }

 private:
  Index size_;
  bool same_;
};

}  // namespace pupil
