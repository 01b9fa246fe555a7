#pragma once
// The products of one step of a direct convolution: packed weights, and tiles that may reach beyond the output.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

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
      : columns_(round_up(operand.columns, panel_columns)) {
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

 private:
  static constexpr Index panel_columns = Tile::columns;
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

/// Two groups of a tile, of `rows` each where they are whole, of which the first rows are positions.
template <class Element>
struct GroupPair {
  std::array<DirectGroup<Element>, 2> groups;
  std::array<Index, 2> counts;
  std::array<Epilogue<float>, 2> epilogues;  ///< where groups have them

  GroupPair() = default;
  GroupPair(const GroupPair&) = delete;  // a copy's groups would read these epilogues
  GroupPair& operator=(const GroupPair&) = delete;

  void finish(std::size_t g, const Epilogue<float>& epilogue) {
    epilogues[g] = epilogue;
    groups[g].epilogue = &epilogues[g];
  }
  bool is_whole(Index rows) const { return counts[0] == rows && counts[1] == rows; }
};

/// Computes a tile that reaches beyond the output in a buffer, and keeps what there is.
template <class Tile, class Element = typename Tile::Element>
void multiply_edge_of_groups(const Tile& tile, Index rows, Index columns, const DirectTerms& terms,
                             const GroupPair<Element>& pair, const Element* right, const DirectStrides& strides) {
  constexpr Index most_rows = Tile::most_group_rows;
  constexpr Index all_columns = Tile::columns;
  const Index computed = Tile::needs_all_columns ? all_columns : columns;
  std::array<float, 2 * most_rows * all_columns> buffer{};
  std::array<DirectGroup<Element>, 2> buffered;
  std::array<std::optional<BufferedEpilogue<float, most_rows, all_columns>>, 2> epilogues;
  for (std::size_t g = 0; g < 2; ++g) {
    const DirectGroup<Element>& group = pair.groups[g];
    float* const sums = buffer.data() + static_cast<Index>(g) * rows * all_columns;
    buffered[g] = {group.left, sums, sums};
    if (group.epilogue != nullptr) buffered[g].epilogue = &epilogues[g].emplace(*group.epilogue, columns).get();
    for (Index r = 0; r < pair.counts[g]; ++r) {
      std::copy_n(group.start + r * strides.start, columns, sums + r * all_columns);
      if (epilogues[g]) epilogues[g]->take_row(r, r * strides.result);
    }
  }
  tile.multiply_of(rows, computed)(terms, buffered[0], buffered[1], right, {strides.left, all_columns, all_columns},
                                   rows, computed);
  for (std::size_t g = 0; g < 2; ++g) {
    for (Index r = 0; r < pair.counts[g]; ++r) {
      std::copy_n(buffered[g].start + r * all_columns, columns, pair.groups[g].result + r * strides.result);
    }
  }
}

}  // namespace pupil::kernels::detail
