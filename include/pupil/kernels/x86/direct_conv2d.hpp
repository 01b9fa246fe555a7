#pragma once
// A convolution's product by AVX-512 without packing patches: the tile reads the image where it lies.
//
// A task is a few lines of the output, or a few whole images, or some columns of these. It copies the part of the image
// that these read, with zeros around it, into memory that stays in the second-level cache. Of neighbouring positions,
// what one tap reads lies a pixel apart, and what taps beside each other read lies together, so a run of taps and
// channels is a product of rows that lie in this copy already. Georganas et al., "Anatomy of high-performance deep
// learning convolutions on SIMD architectures", SC 2018.

#include <algorithm>
#include <array>

#include <pupil/core/parallel.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/grid_destination.hpp>
#include <pupil/kernels/packing.hpp>
#include <pupil/kernels/patches.hpp>
#include <pupil/kernels/window.hpp>
#include <pupil/kernels/x86/direct_cuts.hpp>
#include <pupil/kernels/x86/direct_products.hpp>
#include <pupil/kernels/x86/direct_tile_avx512.hpp>
#include <pupil/kernels/x86/image_part.hpp>

namespace pupil::kernels::detail {

/// Whether the groups of positions are full enough for this to pay, and runs long enough.
inline bool is_direct(const Patches<float>& patches) {
  const Index width = patches.out_width;
  return patches.channels == patches.pixel_stride && patches.columns >= 16 && patches.rows > 0 &&
         5 * width >= 4 * round_up(width, DirectTasks::best_group(width));
}

/// What threads need to compute one task after another.
class DirectProduct {
 public:
  DirectProduct(const Patches<float>& patches, const RightOperand<float>& right, const GridDestination<float>& grid)
      : patches_(patches),
        grid_(grid),
        columns_(right.columns),
        tasks_(patches),
        steps_(patches),
        part_(patches, tasks_),
        weights_(right, steps_),
        parts_(tasks_.images * part_.size_of_image()),
        positions_(2 * tasks_.groups()) {}

  void run() {
    const Index parts = column_parts();
    const Index width = round_up((columns_ + parts - 1) / parts, Avx512DirectTile::columns);
    parallel_for(tasks_.count * parts, [&](Index i) {
      const Index first = i % parts * width;
      const Range columns{std::min(columns_, first), std::min(columns_, first + width)};
      if (columns.begin < columns.end) run_task(i / parts, columns);
    });
  }

 private:
  /// In how many parts tasks are cut along the columns: where they are fewer than keep all threads busy.
  Index column_parts() const {
    const Index wanted_tasks = free_threads() == 1 ? 1 : 4 * free_threads();
    const Index panels = std::max<Index>(1, columns_ / Avx512DirectTile::columns);
    return std::clamp<Index>((wanted_tasks + tasks_.count - 1) / tasks_.count, 1, panels);
  }

  void run_task(Index task, const Range& columns) {
    Positions* const all = positions_.mine();
    Positions* const end = prepare(task, all);
    Positions* const read = all + tasks_.groups();
    for (Index step = 0; step < steps_.count(); ++step) {
      const Index tap_line = steps_.line(step);
      Positions* read_end = read;
      for (const Positions* each = all; each < end; ++each) {  // of a line outside the image there is nothing to add
        const Index line = each->image_line + tap_line;
        if (steps_.lines() > 1 || (line >= 0 && line < patches_.height)) {
          *read_end++ = *each;
          continue;
        }
        if (step == 0) start_sums(*each, columns);
        if (is_finished_by(step)) finish_sums(*each, columns);
      }
      add_step(step, read, read_end, columns);
    }
  }

  /// Copies the task's part of the image, and lists its positions.
  Positions* prepare(Index task, Positions* positions) {
    const auto [first_image, last_image, first_line, last_line] = tasks_.part(task);
    float* memory = parts_.mine();
    for (Index n = first_image; n < last_image; ++n, memory += part_.size_of_image()) {
      const float* const part = part_.get(n, first_line, memory);
      for (Index y = first_line; y < last_line; ++y) {
        for (Index x = 0; x < patches_.out_width; x += tasks_.group) {
          const Index count = std::min(tasks_.group, patches_.out_width - x);
          const Index image_line = patches_.vertical.first_offset + y * patches_.vertical.stride;
          *positions++ = {part + part_.position(y - first_line, x), grid_.at(n, y, x), count, image_line};
        }
      }
    }
    return positions;
  }

  void start_sums(const Positions& positions, const Range& columns) const {
    for (Index i = 0; i < positions.count; ++i) {
      float* const sums = positions.result + i * grid_.pixel_stride;
      if (grid_.bias == nullptr) {
        std::fill(sums + columns.begin, sums + columns.end, 0.0F);
      } else {
        std::copy(grid_.bias + columns.begin, grid_.bias + columns.end, sums + columns.begin);
      }
    }
  }

  /// Whether the epilogue belongs to this step.
  bool is_finished_by(Index step) const { return step + 1 == steps_.count() && grid_.epilogue != nullptr; }

  /// Asks for what only the end of a tile needs, and no step before has read: the first step's results and the
  /// residual.
  void prefetch_results(Index step, const std::array<Positions, 2>& pair) const {
    constexpr Index line = 64 / sizeof(float);
    const float* const residual = is_finished_by(step) ? grid_.epilogue->residual : nullptr;
    if (step > 0 && residual == nullptr) return;
    for (const Positions& group : pair) {
      for (Index r = 0; r < group.count; ++r) {
        const float* const row = group.result + r * grid_.pixel_stride;
        for (Index c = 0; c < Avx512DirectTile::columns; c += line) {
          if (step == 0) prefetch_to_write(row + c);
          if (residual != nullptr) prefetch(residual + (row - grid_.data) + c);
        }
      }
    }
  }

  void finish_sums(const Positions& positions, const Range& columns) const {
    float* const first = positions.result + columns.begin;
    const auto epilogue = grid_.epilogue->from(columns.begin, first - grid_.data);
    for (Index i = 0; i < positions.count; ++i) {
      const Index offset = i * grid_.pixel_stride;
      epilogue.finish_row(first + offset, columns.end - columns.begin, offset);
    }
  }

  void add_step(Index step, const Positions* begin, const Positions* end, const Range& all_columns) const {
    const Index depth = steps_.depth(step);
    const Avx512DirectTile::Terms terms{depth / steps_.lines(), steps_.lines(), steps_.line_step() * part_.line_size()};
    const Index offset = steps_.line(step) * part_.line_size() + steps_.offset_in_line(step);
    constexpr std::array<float, Avx512DirectTile::columns> zeros{};
    const Avx512DirectTile::Strides strides{part_.position_stride(), step == 0 ? 0 : grid_.pixel_stride,
                                            grid_.pixel_stride};
    for (Index column = all_columns.begin; column < all_columns.end; column += Avx512DirectTile::columns) {
      const auto moved = [&](Positions each) {
        each.left += offset;
        each.result += column;
        return each;
      };
      const float* const panel = weights_.panel(steps_.begin(step), depth, column);
      const float* const start = step > 0 ? nullptr : grid_.bias != nullptr ? grid_.bias + column : zeros.data();
      const Index columns = std::min(Avx512DirectTile::columns, all_columns.end - column);
      for (const Positions* each = begin; each < end; each += 2) {
        std::array<Positions, 2> pair{moved(each[0]), moved(each[0])};
        if (each + 1 < end) {
          pair[1] = moved(each[1]);
        } else {
          pair[1].count = 0;
        }
        prefetch_results(step, pair);
        if (!is_finished_by(step)) {
          add_products(tasks_.group, terms, pair, panel, start, nullptr, strides, columns);
        } else {
          const GroupEpilogues epilogues{grid_.epilogue->from(column, pair[0].result - grid_.data),
                                         grid_.epilogue->from(column, pair[1].result - grid_.data)};
          add_products(tasks_.group, terms, pair, panel, start, &epilogues, strides, columns);
        }
      }
    }
  }

  const Patches<float>& patches_;
  const GridDestination<float>& grid_;
  Index columns_;
  DirectTasks tasks_;
  DirectSteps steps_;
  ImagePart part_;
  DirectWeights weights_;
  ThreadScratch<float> parts_;
  ThreadScratch<Positions> positions_;
};

/// grid = patches * right, for patches that `is_direct`; patches.columns must be right.rows.
inline void multiply_direct(const Patches<float>& patches, const RightOperand<float>& right,
                            const GridDestination<float>& grid) {
  DirectProduct(patches, right, grid).run();
}

}  // namespace pupil::kernels::detail
