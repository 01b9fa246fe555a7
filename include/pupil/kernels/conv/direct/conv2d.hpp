#pragma once
// A convolution's product by AVX-512 or AMX without packing patches: the tile reads the image where it lies.
//
// A task is a few lines of the output, or a few whole images, or some columns of these. It copies the part of the image
// that these read, with zeros around it, into memory that stays in the second-level cache. Of neighbouring positions,
// what one tap reads lies a pixel apart, and what taps beside each other read lies together, so a run of taps and
// channels is a product of rows that lie in this copy already. Georganas et al., "Anatomy of high-performance deep
// learning convolutions on SIMD architectures", SC 2018.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <pupil/core/parallel.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/conv/direct/cuts.hpp>
#include <pupil/kernels/conv/direct/filters.hpp>
#include <pupil/kernels/conv/direct/image_part.hpp>
#include <pupil/kernels/conv/direct/products.hpp>
#include <pupil/kernels/conv/direct/tiles.hpp>
#include <pupil/kernels/conv/grid_destination.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/window.hpp>

namespace pupil::kernels::detail {

/// What threads need to compute one task after another.
template <class Tile>
class DirectProduct {
 public:
  /// Of grid = patches * right; `packed` is what the tile makes of `right`, or nullptr. For `source` see ImagePart.
  DirectProduct(const Tile& tile, const Patches<float>& patches, const RightOperand<float>& right,
                const DirectWeights<Tile>* packed, const GridDestination<float>& grid,
                const Patches<float>* source = nullptr)
      : patches_(patches),
        grid_(grid),
        tile_(tile),
        columns_(right.columns),
        tasks_(patches, tile.best_group(patches.out_width),
               (source == nullptr ? 1 : times_to_gather) * tile.wanted_groups(tile.best_group(patches.out_width)),
               free_threads()),
        steps_(direct_steps(patches, tile)),
        part_(patches, tasks_, tile_, source),
        weights_(packed != nullptr ? *packed : own_weights_.emplace(right, patches, tile)),
        parts_(part_.size()),
        positions_(2 * tasks_.groups()) {}
  DirectProduct(const DirectProduct&) = delete;
  DirectProduct& operator=(const DirectProduct&) = delete;

  void run() {
    const Index parts = column_parts();
    const Index width = round_up((columns_ + parts - 1) / parts, Tile::columns);
    parallel_for(tasks_.count * parts, [&](Index i) {
      const Index first = i % parts * width;
      const Range columns{std::min(columns_, first), std::min(columns_, first + width)};
      if (columns.begin == columns.end) return;
      [[maybe_unused]] const typename Tile::Work work(tile_, tasks_.group);
      Group* const all = positions_.mine();
      Group* const end = prepare(i / parts, all);
      Group* const read = end;  // there is room for as many again
      for (Index step = 0; step < steps_.count(); ++step) {
        add_step(step, read, copy_inside(step, all, end, read, columns), columns);
      }
    });
  }

 private:
  using Element = typename Tile::Element;
  using Group = Positions<Element>;

  /// How many times the usual groups a task has where it copies a number for each tap: neighbouring tasks copy anew
  /// what both read.
  static constexpr Index times_to_gather = 4;

  /// In how many parts tasks are cut along the columns: where there are few, in as few as give each thread as many, for
  /// each part copies the image anew.
  Index column_parts() const {
    const Index threads = free_threads();
    const Index panels = std::max<Index>(1, columns_ / Tile::columns);
    const Index enough = 4 * threads;
    Index parts = threads == 1 || tasks_.count >= enough ? 1 : 2;
    while (tasks_.count * parts < enough && tasks_.count * parts % threads != 0) ++parts;
    return std::min(parts, panels);
  }

  /// Copies the task's part of the image, and lists its positions.
  Group* prepare(Index task, Group* positions) {
    const auto [first_image, last_image, first_line, last_line] = tasks_.part(task);
    Element* memory = parts_.mine();
    for (Index n = first_image; n < last_image; ++n, memory += part_.size_of_image()) {
      const Element* const part = part_.get(n, first_line, memory);
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

  /// Copies the positions for which the step reads lines of the image to `inside`, up to what is returned. Of a line
  /// outside there is nothing to add.
  Group* copy_inside(Index step, const Group* begin, const Group* end, Group* inside, const Range& columns) const {
    const Index tap_line = steps_.line(step);
    for (const Group* each = begin; each < end; ++each) {
      const Index line = each->image_line + tap_line;
      if (steps_.lines() > 1 || (line >= 0 && line < patches_.height)) {
        *inside++ = *each;
        continue;
      }
      if (step == 0) start_sums(*each, columns);
      if (is_finished_by(step)) finish_sums(*each, columns);
    }
    return inside;
  }

  void start_sums(const Group& positions, const Range& columns) const {
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
  void prefetch_results(Index step, const GroupPair<Element>& pair) const {
    constexpr Index line = 64 / sizeof(float);
    const float* const residual = is_finished_by(step) ? grid_.epilogue->residual : nullptr;
    if (step > 0 && residual == nullptr) return;
    for (std::size_t g = 0; g < 2; ++g) {
      for (Index r = 0; r < pair.counts[g]; ++r) {
        const float* const row = pair.groups[g].result + r * grid_.pixel_stride;
        for (Index c = 0; c < Tile::columns; c += line) {
          if (step == 0) prefetch_to_write(row + c);
          if (residual != nullptr) prefetch(residual + (row - grid_.data) + c);
        }
      }
    }
  }

  void finish_sums(const Group& positions, const Range& columns) const {
    float* const first = positions.result + columns.begin;
    const auto epilogue = grid_.epilogue->from(columns.begin, first - grid_.data);
    for (Index i = 0; i < positions.count; ++i) {
      const Index offset = i * grid_.pixel_stride;
      epilogue.finish_row(first + offset, columns.end - columns.begin, offset);
    }
  }

  /// Adds the step's products to these positions, two groups by a tile's columns at a time.
  void add_step(Index step, const Group* begin, const Group* end, const Range& all_columns) const {
    const Index depth = steps_.depth(step);
    const DirectTerms terms{.depth = depth / steps_.lines(),
                            .lines = steps_.lines(),
                            .stride = steps_.line_step() * part_.line_size(),
                            .parts = tile_.parts(),
                            .left_rest = part_.rest(),
                            .right_rest = weights_.rest()};
    const Index offset = steps_.line(step) * part_.line_size() + steps_.offset_in_line(step);
    constexpr std::array<float, Tile::columns> zeros{};
    const DirectStrides strides{part_.position_stride(), step == 0 ? 0 : grid_.pixel_stride, grid_.pixel_stride};
    for (Index column = all_columns.begin; column < all_columns.end; column += Tile::columns) {
      const Element* const panel = weights_.panel(steps_.begin(step), depth, column);
      const float* const start = step > 0 ? nullptr : grid_.bias != nullptr ? grid_.bias + column : zeros.data();
      const Index columns = std::min(Tile::columns, all_columns.end - column);
      const bool has_columns = columns == Tile::columns || !Tile::needs_all_columns;
      const auto multiply = tile_.multiply_of(tasks_.group, columns);
      for (const Group* each = begin; each < end; each += 2) {
        GroupPair<Element> pair;
        for (std::size_t g = 0; g < 2; ++g) {
          const bool is_there = each + g < end;
          const Group& group = is_there ? each[g] : *each;
          float* const result = group.result + column;
          pair.counts[g] = is_there ? group.count : 0;
          pair.groups[g] = {group.left + offset, start == nullptr ? result : start, result};
          if (is_finished_by(step)) pair.finish(g, grid_.epilogue->from(column, result - grid_.data));
        }
        prefetch_results(step, pair);
        if (has_columns && pair.is_whole(tasks_.group)) {
          multiply(terms, pair.groups[0], pair.groups[1], panel, strides, tasks_.group, columns);
        } else {
          multiply_edge_of_groups(tile_, tasks_.group, columns, terms, pair, panel, strides);
        }
      }
    }
  }

  const Patches<float>& patches_;
  const GridDestination<float>& grid_;
  Tile tile_;
  Index columns_;
  DirectTasks tasks_;
  DirectSteps steps_;
  ImagePart<Tile> part_;
  std::optional<DirectWeights<Tile>> own_weights_;
  const DirectWeights<Tile>& weights_;
  ThreadScratch<Element> parts_;
  ThreadScratch<Group> positions_;
};

/// grid = patches * right, read in place in this form, which is not none. patches.columns must be right.rows. `packed`
/// is what was made of `right`, or empty.
inline void multiply_in_place(FilterForm form, const Patches<float>& patches, const RightOperand<float>& right,
                              const DirectFilters* packed, const GridDestination<float>& grid,
                              const Bf16Unit& bf16_unit = {}) {
  const auto* const floats = packed == nullptr ? nullptr : packed->floats();
  const auto* const pairs = packed == nullptr ? nullptr : packed->pairs();
  if (form == FilterForm::floats) {
    DirectProduct(FloatDirectTile{}, patches, right, floats, grid).run();
  } else if (form == FilterForm::pairs) {
    DirectProduct(Bf16DirectTile(bf16_unit), patches, right, pairs, grid).run();
  } else {
    DirectProduct(Bf16DirectTile(bf16_unit), with_gathered_taps(patches), right, pairs, grid, &patches).run();
  }
}

}  // namespace pupil::kernels::detail
