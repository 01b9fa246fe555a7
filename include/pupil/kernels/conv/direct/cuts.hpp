#pragma once
// How a direct convolution is cut: its sum into steps, its output into tasks.

#include <algorithm>

#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/gemm/packing.hpp>

namespace pupil::kernels::detail {

/// How the pixels of the image's copy lie. Rows of a tile that are a multiple of two kilobytes apart would all fall
/// into two sets of the first-level cache, or one, which have room for fewer: then there is a gap behind each pixel.
struct PixelLayout {
  /// `elements` are those of a pixel.
  PixelLayout(const Patches<float>& patches, Index elements)
      : step(patches.horizontal.count == 1 ? 1 : patches.horizontal.stride),
        has_gaps(step * elements % 512 == 0),
        size(elements + (has_gaps ? 16 : 0)) {}

  Index step;  ///< from the pixel that a position reads first to that of the next
  bool has_gaps;
  Index size;  ///< from one pixel to the next, in elements
};

/// The steps of the sum over taps and channels: a piece of a run that lies together in the image, or the same runs of
/// several lines where these are short.
class DirectSteps {
 public:
  /// A pixel has `elements`, a multiple of `depth_step`, of which every step has a multiple, and `longest` at most.
  DirectSteps(const Patches<float>& patches, Index elements, Index depth_step, Index longest)
      : depth_step_(depth_step),
        line_step_(patches.vertical.offset_step),
        tap_size_(patches.horizontal.offset_step * PixelLayout(patches, elements).size),
        joined_taps_(patches.horizontal.offset_step == 1 && !PixelLayout(patches, elements).has_gaps
                         ? patches.horizontal.count
                         : 1),
        runs_a_line_(patches.horizontal.count / joined_taps_),
        run_(joined_taps_ * elements),
        joined_lines_(runs_a_line_ == 1 && patches.vertical.count * run_ <= longest ? patches.vertical.count : 1),
        steps_a_run_((run_ + longest - 1) / longest),
        count_(patches.vertical.count / joined_lines_ * runs_a_line_ * steps_a_run_),
        total_(patches.vertical.count * patches.horizontal.count * elements) {}

  Index count() const { return count_; }
  /// The elements of the whole sum.
  Index total() const { return total_; }
  /// Of how many lines of the image a step reads.
  Index lines() const { return joined_lines_; }
  Index line_step() const { return line_step_; }
  /// The first element of a step.
  Index begin(Index step) const {
    const Index run = step / steps_a_run_;
    const Index piece = step - run * steps_a_run_;
    return joined_lines_ * run * run_ + run_ / depth_step_ * piece / steps_a_run_ * depth_step_;
  }
  /// How many elements a step has, in all of its lines.
  Index depth(Index step) const { return begin(step + 1) - begin(step); }
  /// How many lines below a position's first tap the step begins to read.
  Index line(Index step) const { return step / steps_a_run_ / runs_a_line_ * line_step_; }
  /// How many elements into that line it begins.
  Index offset_in_line(Index step) const {
    const Index run = step / steps_a_run_;
    return run % runs_a_line_ * tap_size_ + begin(step) - joined_lines_ * run * run_;
  }

 private:
  Index depth_step_, line_step_, tap_size_, joined_taps_, runs_a_line_, run_, joined_lines_, steps_a_run_, count_,
      total_;
};

/// How the output is cut into tasks, and lines of it into groups of positions.
struct DirectTasks {
  /// A group has `group_` positions, and a task about `wanted_groups` of them. Where tasks are whole images, there are
  /// as many for each of so many threads.
  DirectTasks(const Patches<float>& patches, Index group_, Index wanted_groups, Index threads)
      : group(group_), height(patches.out_height) {
    batch = parts_of_batch = patches.rows / (height * patches.out_width);
    groups_a_line = (patches.out_width + group - 1) / group;
    if (height * groups_a_line >= wanted_groups) {
      lines = std::min(height, (wanted_groups + groups_a_line - 1) / groups_a_line);
      tasks_an_image = (height + lines - 1) / lines;
      lines = (height + tasks_an_image - 1) / tasks_an_image;
    } else {
      lines = height;
      images = std::min(batch, wanted_groups / (height * groups_a_line));
      parts_of_batch = even_parts(batch, (batch + images - 1) / images, threads);
      images = (batch + parts_of_batch - 1) / parts_of_batch;
    }
    count = parts_of_batch * tasks_an_image;
  }

  /// The images of a task, and the lines of each.
  struct Part {
    Index first_image, last_image, first_line, last_line;
  };
  Part part(Index task) const {
    const Index n = task / tasks_an_image, y = task % tasks_an_image;
    return {batch * n / parts_of_batch, batch * (n + 1) / parts_of_batch, height * y / tasks_an_image,
            height * (y + 1) / tasks_an_image};
  }

  /// In a task, at most.
  Index groups() const { return images * lines * groups_a_line; }

  Index group;   ///< positions in a group
  Index height;  ///< of the output
  Index batch = 0;
  Index groups_a_line = 0;
  Index lines = 0;   ///< of each image in a task, at most
  Index images = 1;  ///< in a task, at most
  Index parts_of_batch = 0;
  Index tasks_an_image = 1;  ///< where a task has one image
  Index count = 0;

 private:
  /// In how many parts a batch is cut: `fewest` or more, as many for each thread, and of one size if a few more are.
  static Index even_parts(Index batch, Index fewest, Index threads) {
    const Index first = std::min(batch, round_up(fewest, threads));
    for (Index parts = first; parts <= first + first / 2; parts += threads) {
      if (batch % parts == 0) return parts;
    }
    return first;
  }
};

}  // namespace pupil::kernels::detail
