#pragma once
// The arithmetic of a window that slides over an image, which convolution and pooling share.

#include <algorithm>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

/// How many elements a kernel of `kernel` taps spans when they lie `dilation` apart.
constexpr Index window_span(Index kernel, Index dilation = 1) { return (kernel - 1) * dilation + 1; }

/// How many windows fit along one dimension: floor((padded extent - span) / stride) + 1, and 0 or less where none does.
constexpr Index output_extent(Index extent, Index kernel, Index stride, Index padding_before, Index padding_after,
                              Index dilation = 1) {
  const Index last_start = padding_before + extent + padding_after - window_span(kernel, dilation);
  return last_start < 0 ? 0 : last_start / stride + 1;
}

/// Half-open: begin <= i < end.
struct Range {
  Index begin = 0;
  Index end = 0;
};

/// The windows of [0, outputs) that cover element `input`; for dilation 1.
constexpr Range windows_over(Index input, Index outputs, Index kernel, Index stride, Index padding_before) {
  const Index place = input + padding_before;
  const Index begin = place < kernel ? 0 : (place - kernel) / stride + 1;
  return {begin, std::min(outputs, place / stride + 1)};
}

/// The taps of window `output` that fall inside [0, extent), the rest lying in the padding; for dilation 1.
constexpr Range taps_inside(Index output, Index extent, Index kernel, Index stride, Index padding_before) {
  const Index start = output * stride - padding_before;
  return {std::clamp<Index>(-start, 0, kernel), std::clamp<Index>(extent - start, 0, kernel)};
}

}  // namespace pupil::kernels
