#pragma once
// The data gradient of a strided convolution of few channels, as a network's first one has.
//
// Each phase of dx is a product of patches of dy that has as many columns as there are channels, which of three
// channels would leave a tile nearly empty. Here all phases are the columns of one product. Its patches have the taps
// of all of them; a phase's weights are zeros for those that it has not. So a dy that is no finite number also reaches
// pixels of other phases.

#include <algorithm>
#include <limits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/phases.hpp>
#include <pupil/kernels/conv/shape.hpp>

namespace pupil::kernels::detail {

/// The taps of all phases along one axis, without dilation.
struct JoinedAxis {
  JoinedAxis(Index extent_, Index kernel_, Index stride_, Index padding_)
      : extent(extent_),
        kernel(kernel_),
        stride(stride_),
        padding(padding_),
        positions((extent_ + stride_ - 1) / stride_) {
    Index first = std::numeric_limits<Index>::max();
    Index last = std::numeric_limits<Index>::min();
    for (Index p = 0; p < stride; ++p) {
      const TapAxis taps = phase(p).axis;
      if (taps.count == 0) continue;
      first = std::min(first, taps.first_offset);
      last = std::max(last, taps.first_offset + taps.count - 1);
    }
    axis = {.count = last - first + 1, .stride = 1, .first_offset = first, .offset_step = 1};
  }

  Phase phase(Index p) const { return {p, extent, kernel, stride, padding, 1}; }

  /// Which of the joined taps is the first of a phase.
  Index first_tap_of(const Phase& phase) const { return phase.axis.first_offset - axis.first_offset; }

  Index extent, kernel, stride, padding;
  Index positions;  ///< of every phase
  TapAxis axis;
};

template <class T>
class JoinedPhases {
 public:
  explicit JoinedPhases(const ConvShape& shape)
      : shape_(shape),
        vertical_(shape.height, shape.kernel.height, shape.stride.height, shape.padding.top),
        horizontal_(shape.width, shape.kernel.width, shape.stride.width, shape.padding.left),
        taps_(vertical_.axis.count * horizontal_.axis.count),
        columns_(shape.stride.height * shape.stride.width * shape.in_channels) {}

  /// The taps of all phases together, and the columns of the product.
  Index taps() const { return taps_; }
  Index columns() const { return columns_; }

  /// One row for each position of a phase.
  Patches<T> patches(const T* dy) const { return gradient_patches(shape_, dy, vertical_, horizontal_); }

  /// [taps * K, phases * C] from weight [K, KH, KW, C].
  Tensor<T, 2> weights(const T* weight) const {
    Tensor<T, 2> joined({taps_ * shape_.out_channels, columns_});
    for (Index y = 0; y < shape_.stride.height; ++y) {
      for (Index x = 0; x < shape_.stride.width; ++x) {
        const Index column = (y * shape_.stride.width + x) * shape_.in_channels;
        add_phase(weight, vertical_.phase(y), horizontal_.phase(x), column, joined);
      }
    }
    return joined;
  }

  /// Brings the product's rows [positions, phases * C] to dx [N, H, W, C].
  void scatter(const Tensor<T, 2>& rows, T* dx) const {
    const Index numbers = shape_.stride.width * shape_.in_channels;  // that lie together in a line of dx
    const Index line_size = shape_.width * shape_.in_channels;
    parallel_for(shape_.batch * vertical_.positions, [&](Index line) {
      const Index n = line / vertical_.positions;
      const Index first_y = (line - n * vertical_.positions) * shape_.stride.height;
      for (Index y = 0; y < std::min(shape_.stride.height, shape_.height - first_y); ++y) {
        T* const destination = dx + (n * shape_.height + first_y + y) * line_size;
        for (Index x = 0; x < horizontal_.positions; ++x) {
          std::copy_n(rows.row(line * horizontal_.positions + x) + y * numbers,
                      std::min(numbers, line_size - x * numbers), destination + x * numbers);
        }
      }
    });
  }

 private:
  /// Copies the weights of one phase to its columns, from `column` on, and to the rows of the taps that it has.
  void add_phase(const T* weight, const Phase& vertical, const Phase& horizontal, Index column,
                 Tensor<T, 2>& joined) const {
    const Index taps = vertical.axis.count * horizontal.axis.count;
    const PhaseWeights<T> phase{weight, shape_, vertical, horizontal, taps * shape_.out_channels, shape_.in_channels};
    for (Index tap = 0; tap < taps; ++tap) {
      const Index down = vertical_.first_tap_of(vertical) + tap / horizontal.axis.count;
      const Index across = horizontal_.first_tap_of(horizontal) + tap % horizontal.axis.count;
      const Index first_row = (down * horizontal_.axis.count + across) * shape_.out_channels;
      for (Index k = 0; k < shape_.out_channels; ++k) {
        phase.copy_row(tap * shape_.out_channels + k, 0, shape_.in_channels, joined.row(first_row + k) + column);
      }
    }
  }

  const ConvShape& shape_;
  JoinedAxis vertical_, horizontal_;
  Index taps_;
  Index columns_;
};

}  // namespace pupil::kernels::detail
