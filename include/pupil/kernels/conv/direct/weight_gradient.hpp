#pragma once
// A convolution's weight gradient by AVX-512 or AMX without packing patches: tiles of it run along lines of dy and of
// the image, and taps that would read beside the image are left out.
//
// A task owns some output channels of the gradient's sum over some lines of the output. It takes a few lines at a time,
// of which the first-level cache holds what a row of its tiles reads; its part of the gradient stays in the second.
// Where there are several ranges of lines, each has a sum of its own, and these are added in order.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/conv/direct/weight_gradient_lines.hpp>
#include <pupil/kernels/conv/direct/weight_gradient_tiles.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/gemm/packing.hpp>

namespace pupil::kernels::detail {

/// Whether output position p reads pixel p and nothing else, so that a line may end anywhere. As many positions as
/// pixels do not make it so: a stride may be made up for by padding at the end.
inline bool reads_its_own_pixel(const ConvShape& shape) {
  return shape.kernel == 1 && shape.stride == 1 && shape.padding == 0;
}

/// The same convolution of fewer and longer lines, where positions are pixels.
inline ConvShape with_joined_lines(ConvShape shape) {
  if (!reads_its_own_pixel(shape)) return shape;
  constexpr Index most_positions = 256;
  Index joined = std::clamp<Index>(most_positions / shape.width, 1, shape.height);
  while (shape.height % joined != 0) --joined;
  shape.height = shape.out_height = shape.height / joined;
  shape.width = shape.out_width = shape.width * joined;
  return shape;
}

/// How the work is cut: into ranges of the output's lines, and of its channels.
struct WeightGradientTasks {
  /// What the sums of all ranges of lines may take.
  static constexpr Index sums_bytes = Index{1} << 22;
  static constexpr Index most_ranges = 16;

  /// An element has the numbers of `images` images.
  WeightGradientTasks(const ConvShape& shape, const WeightGradientCut& cut, Index images)
      : all_lines((shape.batch + images - 1) / images * shape.out_height), all_channels(shape.out_channels_a_group()) {
    const Index row_bytes = shape.patch_size() * static_cast<Index>(sizeof(float));
    channels =
        std::min(all_channels, std::max(cut.tile_rows, cut.part_bytes / row_bytes / cut.tile_rows * cut.tile_rows));
    tasks_a_range = (all_channels + channels - 1) / channels;
    lines_at_once = (cut.positions_at_once + shape.out_width - 1) / shape.out_width;
    const Index wanted = std::clamp(sums_bytes / (row_bytes * all_channels), Index{1}, most_ranges);
    lines = round_up((all_lines + wanted - 1) / wanted, lines_at_once);
    ranges = (all_lines + lines - 1) / lines;
  }

  Index all_lines;
  Index all_channels;
  Index channels;       ///< of dy in a task
  Index tasks_a_range;  ///< which share the channels out
  Index lines_at_once;
  Index lines;   ///< in a range
  Index ranges;  ///< of lines
};

/// What threads need to compute one task after another.
template <class Tile>
class DirectWeightGradient {
 public:
  /// x and dy from the first channel of the group on.
  DirectWeightGradient(const ConvShape& shape, const float* x, const float* dy, float* gradient, const Tile& tile)
      : shape_(shape),
        gradient_(gradient),
        tile_(tile),
        tasks_(shape, tile.cut(), Tile::images_an_element),
        lines_(shape, x, dy, tasks_.channels, tasks_.lines_at_once, tile),
        gradient_size_(tasks_.all_channels * shape.patch_size()),
        sums_(tasks_.ranges > 1 ? tasks_.ranges * gradient_size_ : 0) {}

  void run() {
    parallel_for(tasks_.ranges * tasks_.tasks_a_range, [this](Index task) { run_task(task); });
    if (tasks_.ranges > 1) add_sums();
  }

 private:
  void run_task(Index task) {
    [[maybe_unused]] const typename Tile::Work work(tile_);
    const Index range = task / tasks_.tasks_a_range;
    const Index first_channel = task % tasks_.tasks_a_range * tasks_.channels;
    const Index last_channel = std::min(tasks_.all_channels, first_channel + tasks_.channels);
    const Index row = shape_.patch_size();
    float* const part = (tasks_.ranges > 1 ? sums_.data() + range * gradient_size_ : gradient_) + first_channel * row;
    if (tasks_.ranges > 1) std::fill_n(part, (last_channel - first_channel) * row, 0.0F);
    const Index last_line = std::min(tasks_.all_lines, (range + 1) * tasks_.lines);
    for (Index line = range * tasks_.lines; line < last_line; line += tasks_.lines_at_once) {
      lines_.take(line, std::min(last_line, line + tasks_.lines_at_once), first_channel, last_channel);
      add_lines(last_channel - first_channel, part);
    }
  }

  /// Adds the lines that were taken to `part` [channels, KH * KW, C].
  void add_lines(Index channels, float* part) {
    constexpr Index most_columns = 32;
    const Index in_channels = shape_.in_channels_a_group();
    for (Index c = 0; c < in_channels; c += most_columns) {
      for (Index tap = 0; tap < shape_.kernel.height * shape_.kernel.width; ++tap) {
        lines_.add(tap, c, std::min(most_columns, in_channels - c), channels, part + tap * in_channels + c,
                   shape_.patch_size());
      }
    }
  }

  void add_sums() {
    parallel_ranges(gradient_size_, pointwise_grain / tasks_.ranges, [this](Index begin, Index end) {
      for (Index range = 0; range < tasks_.ranges; ++range) {
        const float* const sums = sums_.data() + range * gradient_size_;
        for (Index i = begin; i < end; ++i) gradient_[i] += sums[i];
      }
    });
  }

  const ConvShape& shape_;
  float* gradient_;
  const Tile& tile_;
  WeightGradientTasks tasks_;
  WeightGradientLines<Tile> lines_;
  Index gradient_size_;
  Storage<float> sums_;
};

}  // namespace pupil::kernels::detail
