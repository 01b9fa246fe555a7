#pragma once
// What a direct weight gradient reads at a time: a few lines of dy and those of the image that its taps read, copied to
// where pixels do not lie a power of two apart, so that they do not drive each other out of the first-level cache.

#include <algorithm>

#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/conv_shape.hpp>
#include <pupil/kernels/x86/weight_gradient_tile_avx512.hpp>

namespace pupil::kernels::detail {

class WeightGradientLines {
 public:
  /// x and dy from the first channel of the group on; `channels` of dy at most, and `lines` of it, are taken at a time.
  WeightGradientLines(const ConvShape& shape, const float* x, const float* dy, Index channels, Index lines)
      : shape_(shape),
        x_(x),
        dy_(dy),
        lines_at_once_(lines),
        reach_((shape.kernel.height - 1) * shape.dilation.height + 1),
        x_stride_(shape.in_channels_a_group() + gap),
        dy_stride_(channels + gap),
        x_copies_(lines * reach_ * shape.width * x_stride_),
        dy_copies_(lines * shape.out_width * dy_stride_),
        copy_of_line_(shape.height),
        positions_(shape.kernel.height * shape.kernel.width * lines),
        ends_(shape.kernel.height * shape.kernel.width) {}

  /// The distances between positions, in dy and in the image.
  Index dy_stride() const { return dy_stride_; }
  Index x_stride() const { return shape_.stride.width * x_stride_; }

  /// Takes the lines [first, last) of dy, of all images one after another, and the channels [first_channel,
  /// last_channel). Lines and channels are those of the calling thread.
  void take(Index first, Index last, Index first_channel, Index last_channel) {
    copy_dy(first, last, first_channel, last_channel);
    Index* const ends = ends_.mine();
    std::fill_n(ends, taps(), Index{0});
    Index copies = 0;
    Index image = -1;
    Index next_line = 0;  // of the image: what lies before it is copied, or not needed
    for (Index line = first; line < last; ++line) {
      const Index n = line / shape_.out_height;
      const Index begin = (line - n * shape_.out_height) * shape_.stride.height - shape_.padding.top;
      if (n != image) next_line = 0;
      image = n;
      next_line = std::max(next_line, begin);
      for (; next_line < std::min(shape_.height, begin + reach_); ++next_line) {
        copy_of_line_.mine()[next_line] = copies;
        copy_line(x_ + (n * shape_.height + next_line) * shape_.width * shape_.in_channels, copies++);
      }
      list_positions(line - first, begin);
    }
  }

  /// The positions at which a tap reads the image.
  const LineOfPositions* begin(Index tap) { return positions_.mine() + tap * lines_at_once_; }
  const LineOfPositions* end(Index tap) { return begin(tap) + ends_.mine()[tap]; }

 private:
  /// Numbers between pixels.
  static constexpr Index gap = 16;

  Index taps() const { return shape_.kernel.height * shape_.kernel.width; }

  void copy_dy(Index first, Index last, Index first_channel, Index last_channel) {
    float* copy = dy_copies_.mine();
    for (Index p = first * shape_.out_width; p < last * shape_.out_width; ++p, copy += dy_stride_) {
      const float* const pixel = dy_ + p * shape_.out_channels;
      std::copy(pixel + first_channel, pixel + last_channel, copy);
    }
  }

  void copy_line(const float* line, Index copy) {
    float* pixel = x_copies_.mine() + copy * shape_.width * x_stride_;
    for (Index x = 0; x < shape_.width; ++x, line += shape_.in_channels, pixel += x_stride_) {
      std::copy_n(line, shape_.in_channels_a_group(), pixel);
    }
  }

  /// Lists for every tap the positions of dy's line number `line` of those taken, whose taps begin at the image's line
  /// `first_line`.
  void list_positions(Index line, Index first_line) {
    for (Index ky = 0; ky < shape_.kernel.height; ++ky) {
      const Index y = first_line + ky * shape_.dilation.height;
      if (y < 0 || y >= shape_.height) continue;
      const float* const pixels = x_copies_.mine() + copy_of_line_.mine()[y] * shape_.width * x_stride_;
      const float* const dy = dy_copies_.mine() + line * shape_.out_width * dy_stride_;
      for (Index kx = 0; kx < shape_.kernel.width; ++kx) {
        const Index offset = kx * shape_.dilation.width - shape_.padding.left;  // of the pixel read at position 0
        const Index stride = shape_.stride.width;
        const Index first = offset >= 0 ? 0 : (stride - 1 - offset) / stride;
        const Index last =
            offset >= shape_.width ? 0 : std::min(shape_.out_width, (shape_.width - 1 - offset) / stride + 1);
        if (first >= last) continue;
        const Index tap = ky * shape_.kernel.width + kx;
        positions_.mine()[tap * lines_at_once_ + ends_.mine()[tap]++] = {
            dy + first * dy_stride_, pixels + (first * stride + offset) * x_stride_, last - first};
      }
    }
  }

  const ConvShape& shape_;
  const float* x_;
  const float* dy_;
  Index lines_at_once_;
  Index reach_;  ///< of the taps down the image, in lines
  Index x_stride_, dy_stride_;
  ThreadScratch<float> x_copies_, dy_copies_;
  ThreadScratch<Index> copy_of_line_;
  ThreadScratch<LineOfPositions> positions_;
  ThreadScratch<Index> ends_;
};

}  // namespace pupil::kernels::detail
