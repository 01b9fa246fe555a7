#pragma once
// The part of an image that a task of a direct convolution reads.

#include <algorithm>

#include <pupil/kernels/patches.hpp>
#include <pupil/kernels/x86/direct_cuts.hpp>

namespace pupil::kernels::detail {

/// A task's copy of the part of the image that it reads, zeros around it. Pixels between those that a single tap reads
/// are left out.
class ImagePart {
 public:
  ImagePart(const Patches<float>& patches, const DirectTasks& tasks)
      : patches_(patches),
        line_step_(patches.vertical.count == 1 ? 1 : patches.vertical.stride),
        pixel_step_(patches.horizontal.count == 1 ? 1 : patches.horizontal.stride),
        lines_((tasks.lines - 1) * line_step_ + (patches.vertical.count - 1) * patches.vertical.offset_step + 1),
        pixels_((tasks.groups_a_line * tasks.group - 1) * pixel_step_ +
                (patches.horizontal.count - 1) * patches.horizontal.offset_step + 1) {}

  Index line_size() const { return pixels_ * patches_.channels; }
  Index size_of_image() const { return lines_ * line_size(); }
  Index position_stride() const { return pixel_step_ * patches_.channels; }

  /// Copies what the output's lines from `first_line` on read of image n.
  void copy(Index n, Index first_line, float* part) const {
    const TapAxis& axis = patches_.vertical;
    for (Index i = 0; i < lines_; ++i, part += line_size()) {
      const Index line = axis.first_offset + first_line * axis.stride + i * (axis.stride / line_step_);
      if (line < 0 || line >= patches_.height) {
        std::fill_n(part, line_size(), 0.0F);
      } else {
        copy_line(patches_.image + (n * patches_.height + line) * patches_.width * patches_.channels, part);
      }
    }
  }

  /// Where position (line, x) of an image's output reads first, in its part.
  Index position(Index line, Index x) const { return line * line_step_ * line_size() + x * position_stride(); }

 private:
  void copy_line(const float* line, float* part) const {
    const TapAxis& axis = patches_.horizontal;
    const Index channels = patches_.channels;
    if (axis.stride == pixel_step_) {
      const Index before = std::clamp<Index>(-axis.first_offset, 0, pixels_);
      const Index inside = std::clamp<Index>(patches_.width - axis.first_offset - before, 0, pixels_ - before);
      part = std::fill_n(part, before * channels, 0.0F);
      if (inside > 0) part = std::copy_n(line + (axis.first_offset + before) * channels, inside * channels, part);
      std::fill_n(part, (pixels_ - before - inside) * channels, 0.0F);
      return;
    }
    for (Index x = 0; x < pixels_; ++x, part += channels) {
      const Index pixel = axis.first_offset + x * axis.stride;
      if (pixel < 0 || pixel >= patches_.width) {
        std::fill_n(part, channels, 0.0F);
      } else {
        std::copy_n(line + pixel * channels, channels, part);
      }
    }
  }

  const Patches<float>& patches_;
  Index line_step_, pixel_step_;
  Index lines_, pixels_;
};

}  // namespace pupil::kernels::detail
