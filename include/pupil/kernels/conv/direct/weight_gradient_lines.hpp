#pragma once
// What a direct weight gradient reads at a time: a few lines of dy and those of the image that its taps read, copied to
// where pixels do not lie a power of two apart, so that they do not drive each other out of the first-level cache.

#include <algorithm>

#include <pupil/core/storage.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/conv/direct/weight_gradient_tiles.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/window.hpp>

namespace pupil::kernels::detail {

/// In a tile's elements, of which each may have the numbers of two images: an image here is as many.
template <class Tile>
class WeightGradientLines {
 public:
  /// x and dy from the first channel of the group on; `channels` of dy at most, and `lines` of it, are taken at a time.
  WeightGradientLines(const ConvShape& shape, const float* x, const float* dy, Index channels, Index lines,
                      const Tile& tile)
      : shape_(shape),
        x_(x),
        dy_(dy),
        tile_(tile),
        lines_at_once_(lines),
        reach_((shape.kernel.height - 1) * shape.dilation.height + 1),
        steps_((shape.out_width + tile.positions_a_step() - 1) / tile.positions_a_step()),
        before_(is_clipped() ? 0 : shape.padding.left),
        after_(is_clipped() ? 0
                            : std::max<Index>(0, (steps_ * tile.positions_a_step() - 1) * shape.stride.width +
                                                     (shape.kernel.width - 1) * shape.dilation.width + 1 -
                                                     shape.padding.left - shape.width)),
        x_stride_(shape.in_channels_a_group() + gap),
        x_line_((before_ + shape.width + after_) * x_stride_),
        x_size_(lines * reach_ * x_line_),
        dy_stride_(channels + gap),
        dy_line_(tile.size_of_dy(shape.out_width, channels, dy_stride_)),
        x_copies_(tile.parts() * x_size_),
        dy_copies_(lines * dy_line_),
        copy_of_line_(shape.height),
        positions_(taps() * lines),
        ends_(taps()),
        zeros_(std::max(shape.in_channels_a_group(), channels)) {
    std::fill_n(zeros_.data(), zeros_.size(), 0.0F);
  }

  /// Takes the lines [first, last) of dy, of all images one after another, and the channels [first_channel,
  /// last_channel). Lines and channels are those of the calling thread.
  void take(Index first, Index last, Index first_channel, Index last_channel) {
    std::fill_n(ends_.mine(), taps(), Index{0});
    Index copies = 0;
    Index image = -1;
    Index next_line = 0;  // of the image: what lies before it is copied, or not needed
    for (Index line = first; line < last; ++line) {
      const Index n = line / shape_.out_height;
      const Index y = line - n * shape_.out_height;
      tile_.copy_dy(line_of(dy_ + first_channel, n, y, shape_.out_height, shape_.out_width, shape_.out_channels),
                    shape_.out_width, last_channel - first_channel, dy_stride_, dy_copy(line - first));
      const Index begin = y * shape_.stride.height - shape_.padding.top;
      if (n != image) next_line = 0;
      image = n;
      next_line = std::max(next_line, begin);
      for (; next_line < std::min(shape_.height, begin + reach_); ++next_line) {
        copy_of_line_.mine()[next_line] = copies;
        copy_line(line_of(x_, n, next_line, shape_.height, shape_.width, shape_.in_channels), copies++);
      }
      list_positions(line - first, begin);
    }
  }

  /// sums(k, c) += what the lines that were taken add, of one tap, `columns` of the input's channels from `c` on, and
  /// all output channels that were taken; rows of sums lie `row` apart. There are 32 columns, or 16.
  void add(Index tap, Index c, Index columns, Index channels, float* sums, Index row) {
    const LineOfPositions<Element>* const begin = positions_.mine() + tap * lines_at_once_;
    const LineOfPositions<Element>* const end = begin + ends_.mine()[tap];
    if (begin == end) return;
    tile_.add(begin, end, c, columns, channels, sums, {dy_stride_, shape_.stride.width * x_stride_, x_size_, row});
  }

 private:
  using Element = typename Tile::Element;

  /// Elements between pixels.
  static constexpr Index gap = 16;

  Index taps() const { return shape_.kernel.height * shape_.kernel.width; }
  /// Whether positions are left out at which a tap would read beside the image.
  bool is_clipped() const { return tile_.positions_a_step() == 1; }
  Element* dy_copy(Index line) { return dy_copies_.mine() + line * dy_line_; }

  /// Line y of image n of a tensor that begins at `data`; of a second image that is not there, zeros.
  LineOfImages line_of(const float* data, Index n, Index y, Index height, Index width, Index channels) const {
    const Index image = n * Tile::images_an_element;
    const float* const first = data + (image * height + y) * width * channels;
    if (image + 1 < shape_.batch) return {first, channels, first + height * width * channels, channels};
    return {first, channels, zeros_.data(), 0};
  }

  void copy_line(const LineOfImages& line, Index number) {
    Element* pixel = x_copies_.mine() + number * x_line_;
    fill_zeros(pixel, before_ * x_stride_);
    pixel += before_ * x_stride_;
    for (Index x = 0; x < shape_.width; ++x, pixel += x_stride_) {
      tile_.copy(line.first + x * line.step, line.second + x * line.second_step, shape_.in_channels_a_group(), pixel,
                 x_size_);
    }
    fill_zeros(pixel, after_ * x_stride_);
  }

  void fill_zeros(Element* elements, Index count) const {
    for (Index part = 0; part < tile_.parts(); ++part) std::fill_n(elements + part * x_size_, count, Element{});
  }

  /// Lists for every tap the positions of dy's line number `line` of those taken, whose taps begin at the image's line
  /// `first_line`.
  void list_positions(Index line, Index first_line) {
    for (Index ky = 0; ky < shape_.kernel.height; ++ky) {
      const Index y = first_line + ky * shape_.dilation.height;
      if (y < 0 || y >= shape_.height) continue;
      const Element* const pixels = x_copies_.mine() + copy_of_line_.mine()[y] * x_line_ + before_ * x_stride_;
      for (Index kx = 0; kx < shape_.kernel.width; ++kx) {
        const Index offset = kx * shape_.dilation.width - shape_.padding.left;  // of the pixel read at position 0
        const Range steps = is_clipped() ? positions_inside(offset) : Range{0, steps_};
        if (steps.begin >= steps.end) continue;
        const Index tap = ky * shape_.kernel.width + kx;
        positions_.mine()[tap * lines_at_once_ + ends_.mine()[tap]++] = {
            dy_copy(line) + steps.begin * dy_stride_, pixels + (steps.begin * shape_.stride.width + offset) * x_stride_,
            steps.end - steps.begin};
      }
    }
  }

  /// The positions at which a tap reads the image, whose pixel at position 0 is `offset`.
  Range positions_inside(Index offset) const {
    const Index stride = shape_.stride.width;
    const Index first = offset >= 0 ? 0 : (stride - 1 - offset) / stride;
    const Index last =
        offset >= shape_.width ? 0 : std::min(shape_.out_width, (shape_.width - 1 - offset) / stride + 1);
    return {first, last};
  }

  const ConvShape& shape_;
  const float* x_;
  const float* dy_;
  const Tile& tile_;
  Index lines_at_once_;
  Index reach_;           ///< of the taps down the image, in lines
  Index steps_;           ///< of positions in a line
  Index before_, after_;  ///< pixels of zeros around a line of the image
  Index x_stride_;
  Index x_line_;  ///< elements of a line
  Index x_size_;  ///< of all lines
  Index dy_stride_;
  Index dy_line_;
  ThreadScratch<Element> x_copies_, dy_copies_;
  ThreadScratch<Index> copy_of_line_;
  ThreadScratch<LineOfPositions<Element>> positions_;
  ThreadScratch<Index> ends_;
  Storage<float> zeros_;
};

}  // namespace pupil::kernels::detail
