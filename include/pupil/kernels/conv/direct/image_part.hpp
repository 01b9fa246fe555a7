#pragma once
// The part of an image that a task of a direct convolution reads.

#include <algorithm>
#include <array>
#include <type_traits>

#include <pupil/kernels/conv/direct/cuts.hpp>
#include <pupil/kernels/conv/direct/tiles.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/plan.hpp>

namespace pupil::kernels::detail {

/// The patches of an image of few channels, which leave a tile's elements empty, as those of another: its lines have a
/// pixel for each position, with all numbers that the taps of a line read there.
inline Patches<float> with_gathered_taps(Patches<float> patches) {
  patches.width = patches.out_width;
  patches.channels = patches.pixel_stride = patches.horizontal.count * patches.channels;
  patches.horizontal = {.count = 1, .stride = 1, .first_offset = 0, .offset_step = 1};
  return patches;
}

/// A task's copy of the part of the image that it reads, in a tile's elements and with zeros around it. Pixels between
/// those that a single tap reads are left out. Of a 1x1 convolution of floats that needs neither, and reads the part
/// but once for each panel of weights, it is read where it lies.
template <class Tile>
class ImagePart {
 public:
  using Element = typename Tile::Element;

  /// Where `patches` are such as with_gathered_taps makes, `source` are those it made them of; not for floats.
  ImagePart(const Patches<float>& patches, const DirectTasks& tasks, const Tile& tile,
            const Patches<float>* source = nullptr)
      : patches_(patches),
        source_(source),
        tile_(tile),
        images_(tasks.images),
        elements_(tile.elements(patches.channels)),
        line_step_(patches.vertical.count == 1 ? 1 : patches.vertical.stride),
        layout_(patches, elements_),
        lines_((tasks.lines - 1) * line_step_ + (patches.vertical.count - 1) * patches.vertical.offset_step + 1),
        pixels_((tasks.groups_a_line * tasks.group - 1) * layout_.step +
                (patches.horizontal.count - 1) * patches.horizontal.offset_step + 1),
        is_in_place_(std::is_same_v<Element, float> && !layout_.has_gaps && patches.channels <= tile.longest_step() &&
                     reads_every_pixel(patches.vertical, patches.out_height, patches.height) &&
                     reads_every_pixel(patches.horizontal, pixels_, patches.width)) {}

  Index line_size() const { return pixels_ * layout_.size; }
  /// How much memory the copy of an image needs.
  Index size_of_image() const { return is_in_place_ ? 0 : lines_ * line_size(); }
  /// How much all copies of a task need, and how far behind them the second parts of numbers lie.
  Index size() const { return tile_.parts() * rest(); }
  Index rest() const { return images_ * size_of_image(); }
  Index position_stride() const { return layout_.step * layout_.size; }

  /// What the output's lines from `first_line` on read of image n, copied to `memory` where it must be.
  const Element* get(Index n, Index first_line, Element* memory) const {
    if constexpr (std::is_same_v<Element, float>) {
      if (is_in_place_) return patches_.image + (n * patches_.height + first_line) * line_size();
    }
    copy(n, first_line, memory);
    return memory;
  }

  /// Where position (line, x) of an image's output reads first, in its part.
  Index position(Index line, Index x) const { return line * line_step_ * line_size() + x * position_stride(); }

 private:
  /// Whether the axis has one tap, and positions are pixels.
  static bool reads_every_pixel(const TapAxis& axis, Index positions, Index pixels) {
    return axis.count == 1 && axis.stride == 1 && axis.first_offset == 0 && positions == pixels;
  }

  void copy(Index n, Index first_line, Element* part) const {
    const TapAxis& axis = patches_.vertical;
    for (Index i = 0; i < lines_; ++i, part += line_size()) {
      const Index line = axis.first_offset + first_line * axis.stride + i * (axis.stride / line_step_);
      if (line < 0 || line >= patches_.height) {
        fill_zeros(part, line_size());
      } else if (source_ == nullptr || std::is_same_v<Element, float>) {
        copy_line(patches_.image + (n * patches_.height + line) * patches_.width * patches_.channels, part);
      } else if constexpr (!std::is_same_v<Element, float>) {
        gather_line(source_->image + (n * source_->height + line) * source_->width * source_->channels, part);
      }
    }
  }

  void copy_line(const float* line, Element* part) const {
    const TapAxis& axis = patches_.horizontal;
    const Index channels = patches_.channels;
    if (axis.stride == layout_.step && is_dense()) {
      const Index before = std::clamp<Index>(-axis.first_offset, 0, pixels_);
      const Index inside = std::clamp<Index>(patches_.width - axis.first_offset - before, 0, pixels_ - before);
      fill_zeros(part, before * elements_);
      if (inside > 0) {
        tile_.copy(line + (axis.first_offset + before) * channels, inside * channels, part + before * elements_,
                   rest());
      }
      fill_zeros(part + (before + inside) * elements_, (pixels_ - before - inside) * elements_);
      return;
    }
    const Index stride = axis.stride / layout_.step;
    for (Index x = 0; x < pixels_; ++x, part += layout_.size) {
      const Index pixel = axis.first_offset + x * stride;
      if (pixel < 0 || pixel >= patches_.width) {
        fill_zeros(part, elements_);
      } else {
        copy_pixel(line + pixel * channels, part);
      }
    }
  }

  /// Copies the numbers that the taps read at each position of a line of the source.
  void gather_line(const float* line, Element* part) const {
    const TapAxis& axis = source_->horizontal;
    std::array<float, most_gathered> clipped;
    for (Index x = 0; x < pixels_; ++x, part += layout_.size) {
      const Index first = (x * axis.stride + axis.first_offset) * source_->channels;
      const Index before = std::clamp<Index>(-first, 0, patches_.channels);
      const Index inside = std::clamp<Index>(source_->width * source_->channels - first, 0, patches_.channels) - before;
      if (x >= patches_.width || inside <= 0) {
        fill_zeros(part, elements_);
      } else if (inside == patches_.channels) {
        copy_pixel(line + first, part);
      } else {
        clipped.fill(0);
        std::copy_n(line + first + before, inside, clipped.data() + before);
        copy_pixel(clipped.data(), part);
      }
    }
  }

  void copy_pixel(const float* pixel, Element* part) const {
    tile_.copy(pixel, patches_.channels, part, rest());
    const Index copied = (patches_.channels + Tile::numbers_an_element - 1) / Tile::numbers_an_element;
    fill_zeros(part + copied, elements_ - copied);
  }

  /// Whether pixels lie in the copy as in the image, one behind the other.
  bool is_dense() const { return !layout_.has_gaps && patches_.channels == elements_ * Tile::numbers_an_element; }

  void fill_zeros(Element* part, Index count) const {
    for (Index i = 0; i < tile_.parts(); ++i) std::fill_n(part + i * rest(), count, Element{});
  }

  const Patches<float>& patches_;
  const Patches<float>* source_;
  const Tile& tile_;
  Index images_;
  Index elements_;  ///< of a pixel
  Index line_step_;
  PixelLayout layout_;
  Index lines_, pixels_;
  bool is_in_place_;
};

}  // namespace pupil::kernels::detail
