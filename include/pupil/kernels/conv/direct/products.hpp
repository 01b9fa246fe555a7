#pragma once
// The products of one step of a direct convolution: packed weights, and tiles that may reach beyond the output.

#include <algorithm>
#include <array>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/conv/direct/cuts.hpp>
#include <pupil/kernels/conv/direct/tiles.hpp>
#include <pupil/kernels/gemm/buffered_epilogue.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/isa/arguments/direct.hpp>

namespace pupil::kernels::detail {

/// The steps of the sum of a convolution by this tile.
template <class Tile>
DirectSteps direct_steps(const Patches<float>& patches, const Tile& tile) {
  return {patches, tile.elements(patches.channels), tile.depth_step(), tile.longest_step()};
}

/// The right operand's panels, all of the first step, then of the next. They are the same for images of any extents.
template <class Tile>
class DirectWeights {
 public:
  using Element = typename Tile::Element;

  DirectWeights(const RightOperand<float>& operand, const Patches<float>& patches, const Tile& tile)
      : operand_columns_(operand.columns), columns_(round_up(operand.columns, panel_columns)) {
    const DirectSteps steps = direct_steps(patches, tile);
    rest_ = steps.total() * columns_;
    panels_ = Storage<Element>(tile.parts() * rest_);
    constexpr Index width = packed_columns;
    const Index tasks_a_step = (columns_ + width - 1) / width;
    parallel_for(steps.count() * tasks_a_step, [&](Index task) {
      const Index step = task / tasks_a_step;
      const Index column = task % tasks_a_step * width;
      const Index depth = steps.depth(step);
      tile.pack(operand, patches.channels, column, std::min(operand.columns, column + width), steps.begin(step), depth,
                panels_.data() + steps.begin(step) * columns_ + column * depth, rest_);
    });
  }

  const Element* panel(Index first, Index depth, Index column) const {
    return panels_.data() + first * columns_ + column * depth;
  }
  /// How far behind a panel the second parts of its numbers lie.
  Index rest() const { return rest_; }
  /// Those of the operand.
  Index columns() const { return operand_columns_; }

 private:
  static constexpr Index panel_columns = Tile::columns;
  Index operand_columns_;
  Index columns_;
  Index rest_;
  Storage<Element> panels_;
};

/// Neighbouring positions of a task's output: what the first of them reads first, its first sum, how many they are, and
/// the image's line that their first tap reads.
template <class Element>
struct Positions {
  const Element* left;
  float* result;
  Index count;
  Index image_line;
};

/// The epilogues of two groups of positions.
using GroupEpilogues = std::array<Epilogue<float>, 2>;

/// Adds a step's products to 32 columns of two groups of positions, of `rows` each where they are whole, or to the
/// `columns` that there are. Where `start` is not null, it is the row from which all sums start; where `epilogues` is
/// not, it is how they end.
template <class Tile>
void add_products(const Tile& tile, Index rows, const DirectTerms& terms,
                  const std::array<Positions<typename Tile::Element>, 2>& groups, const typename Tile::Element* right,
                  const float* start, const GroupEpilogues* epilogues, const DirectStrides& strides, Index columns) {
  using Group = DirectGroup<typename Tile::Element>;
  constexpr Index most_rows = Tile::most_group_rows;
  constexpr Index all_columns = Tile::columns;
  const auto& [first, second] = groups;
  const bool is_whole = first.count == rows && second.count == rows;
  if (is_whole && (columns == all_columns || !Tile::needs_all_columns)) {
    const auto group = [&](std::size_t g) {
      return Group{groups[g].left, start == nullptr ? groups[g].result : start, groups[g].result,
                   epilogues == nullptr ? nullptr : &(*epilogues)[g]};
    };
    tile.multiply(rows, terms, group(0), group(1), right, strides, columns);
    return;
  }
  std::array<float, 2 * most_rows * all_columns> buffer{};
  const auto for_each_row = [&](const auto& use) {
    for (std::size_t g = 0; g < 2; ++g) {
      float* const rows_in_buffer = buffer.data() + static_cast<Index>(g) * rows * all_columns;
      for (Index r = 0; r < groups[g].count; ++r) {
        use(groups[g].result + r * strides.result, rows_in_buffer + r * all_columns);
      }
    }
  };
  for_each_row([&](const float* result, float* row) { std::copy_n(start == nullptr ? result : start, columns, row); });
  float* const second_half = buffer.data() + rows * all_columns;
  Group upper{first.left, buffer.data(), buffer.data()};
  Group lower{second.left, second_half, second_half};
  const DirectStrides buffer_strides{strides.left, all_columns, all_columns};
  if (epilogues == nullptr) {
    tile.multiply(rows, terms, upper, lower, right, buffer_strides, columns);
  } else {
    BufferedEpilogue<float, most_rows, all_columns> upper_epilogue((*epilogues)[0], columns);
    BufferedEpilogue<float, most_rows, all_columns> lower_epilogue((*epilogues)[1], columns);
    for (Index r = 0; r < first.count; ++r) upper_epilogue.take_row(r, r * strides.result);
    for (Index r = 0; r < second.count; ++r) lower_epilogue.take_row(r, r * strides.result);
    upper.epilogue = &upper_epilogue.get();
    lower.epilogue = &lower_epilogue.get();
    tile.multiply(rows, terms, upper, lower, right, buffer_strides, columns);
  }
  for_each_row([&](float* result, const float* row) { std::copy_n(row, columns, result); });
}

}  // namespace pupil::kernels::detail
