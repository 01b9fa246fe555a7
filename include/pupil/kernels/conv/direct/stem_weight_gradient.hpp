#pragma once
// The weight gradient of a network's first convolution by AVX-512: an image has too few channels to fill registers, so
// the tile's vectors are output channels, and its rows are taps and channels that lie together in the image.
//
// A task sums a range of the output's lines, each range into memory of its own; the sums are added in order.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/conv/direct/cuts.hpp>
#include <pupil/kernels/conv/direct/image_part.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/plan.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/isa/avx512/stem_weight_gradient_tile.hpp>

namespace pupil::kernels::detail {

class StemWeightGradient {
 public:
  /// `patches` are those that the convolution reads of its input.
  StemWeightGradient(const ConvShape& shape, const Patches<float>& patches, const float* dy, float* gradient)
      : shape_(shape),
        dy_(dy),
        gradient_(gradient),
        run_(shape.kernel.width * shape.in_channels),
        padded_run_(round_up(run_, Tile::rows)),
        tasks_(patches, FloatDirectTile::best_group(patches.out_width), vector_groups, 1),
        part_(patches, tasks_, tile_),
        ranges_(std::min(most_ranges, tasks_.count)),
        sums_size_(shape.kernel.height * padded_run_ * shape.out_channels),
        sums_(ranges_ * sums_size_),
        parts_(part_.size() + padded_run_),
        lines_(tasks_.images * tasks_.lines) {}

  void run() {
    parallel_for(ranges_, [this](Index range) {
      std::fill_n(sums_.data() + range * sums_size_, sums_size_, 0.0F);
      const Index last = tasks_.count * (range + 1) / ranges_;
      for (Index task = tasks_.count * range / ranges_; task < last; ++task) add_task(task, range);
    });
    parallel_for(shape_.kernel.height * run_, [this](Index i) { add_sums_of(i); });
  }

 private:
  using Tile = Avx512StemWeightGradientTile;
  static_assert(Tile::columns == stem_columns);
  static constexpr Index most_ranges = 16;

  void add_task(Index task, Index range) {
    LineOfPositions<float>* const lines = lines_.mine();
    LineOfPositions<float>* const end = take_lines(task, lines);
    for (Index ky = 0; ky < shape_.kernel.height; ++ky) {
      float* const sums = sums_.data() + range * sums_size_ + ky * padded_run_ * shape_.out_channels;
      for (Index number = 0; number < run_; number += Tile::rows) {
        for (Index channel = 0; channel < shape_.out_channels; channel += Tile::columns) {
          Tile::add(lines, end, number, channel, sums + number * shape_.out_channels + channel,
                    {shape_.out_channels, part_.position_stride(), shape_.out_channels});
        }
      }
      for (LineOfPositions<float>* line = lines; line < end; ++line)
        line->x += shape_.dilation.height * part_.line_size();
    }
  }

  /// Copies the task's part of the image, and lists its lines at the kernel's first tap.
  LineOfPositions<float>* take_lines(Index task, LineOfPositions<float>* lines) {
    const auto [first_image, last_image, first_line, last_line] = tasks_.part(task);
    float* copy = parts_.mine();
    for (Index n = first_image; n < last_image; ++n, copy += part_.size_of_image()) {
      const float* const part = part_.get(n, first_line, copy);
      for (Index y = first_line; y < last_line; ++y) {
        const Index position = (n * shape_.out_height + y) * shape_.out_width;
        *lines++ = {dy_ + position * shape_.out_channels, part + part_.position(y - first_line, 0), shape_.out_width};
      }
    }
    // The last tile of a run reads on behind it; what it makes of that is nobody's.
    std::fill_n(copy, padded_run_, 0.0F);
    return lines;
  }

  /// Adds the sums of one line's number i of the taps and channels, for all output channels.
  void add_sums_of(Index i) {
    const Index row = i / run_ * padded_run_ + i % run_;
    for (Index range = 0; range < ranges_; ++range) {
      const float* const sums = sums_.data() + range * sums_size_ + row * shape_.out_channels;
      for (Index k = 0; k < shape_.out_channels; ++k) gradient_[k * shape_.patch_size() + i] += sums[k];
    }
  }

  const ConvShape& shape_;
  const float* dy_;
  float* gradient_;
  Index run_;         ///< taps of a line times channels
  Index padded_run_;  ///< to whole tiles
  FloatDirectTile tile_;
  DirectTasks tasks_;
  ImagePart<FloatDirectTile> part_;
  Index ranges_;
  Index sums_size_;  ///< [KH, padded_run, K]
  Storage<float> sums_;
  ThreadScratch<float> parts_;
  ThreadScratch<LineOfPositions<float>> lines_;
};

}  // namespace pupil::kernels::detail
