#pragma once
// The products of one step of a direct convolution: packed weights, and tiles that may reach beyond the output.

#include <algorithm>
#include <array>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/epilogue.hpp>
#include <pupil/kernels/packing.hpp>
#include <pupil/kernels/x86/direct_cuts.hpp>
#include <pupil/kernels/x86/direct_tile_avx512.hpp>

namespace pupil::kernels::detail {

/// The right operand's panels, all of the first step, then of the next.
class DirectWeights {
 public:
  DirectWeights(const RightOperand<float>& operand, const DirectSteps& steps)
      : columns_(round_up(operand.columns, panel_columns)), panels_(operand.rows * columns_) {
    constexpr Index width = 4 * panel_columns;
    const Index tasks_a_step = (columns_ + width - 1) / width;
    parallel_for(steps.count() * tasks_a_step, [&](Index task) {
      const Index step = task / tasks_a_step;
      const Index column = task % tasks_a_step * width;
      operand.pack(column, std::min(operand.columns, column + width), steps.begin(step), steps.depth(step),
                   panels_.data() + steps.begin(step) * columns_ + column * steps.depth(step));
    });
  }

  const float* panel(Index first_term, Index depth, Index column) const {
    return panels_.data() + first_term * columns_ + column * depth;
  }

 private:
  static constexpr Index panel_columns = Avx512DirectTile::columns;
  Index columns_;
  Storage<float> panels_;
};

/// Neighbouring positions of a task's output: what the first of them reads first, its first sum, how many they are, and
/// the image's line that their first tap reads.
struct Positions {
  const float* left;
  float* result;
  Index count;
  Index image_line;
};

/// The epilogues of two groups of positions.
using GroupEpilogues = std::array<Epilogue<float>, 2>;

/// Adds a step's products to 32 columns of two groups of positions, of `rows` each where they are whole, or to the
/// `columns` that there are. Where `start` is not null, it is the row from which all sums start; where `epilogues` is
/// not, it is how they end.
inline void add_products(Index rows, const Avx512DirectTile::Terms& terms, const std::array<Positions, 2>& groups,
                         const float* right, const float* start, const GroupEpilogues* epilogues,
                         const Avx512DirectTile::Strides& strides, Index columns) {
  constexpr Index most_rows = Avx512DirectTile::most_group_rows;
  constexpr Index all_columns = Avx512DirectTile::columns;
  const auto& [first, second] = groups;
  const auto start_of = [&](const Positions& group) { return start == nullptr ? group.result : start; };
  if (first.count == rows && second.count == rows) {
    Avx512DirectTile::multiply(
        rows, terms, {first.left, start_of(first), first.result, epilogues == nullptr ? nullptr : &(*epilogues)[0]},
        {second.left, start_of(second), second.result, epilogues == nullptr ? nullptr : &(*epilogues)[1]}, right,
        strides, columns);
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
  DirectGroup upper{first.left, buffer.data(), buffer.data()};
  DirectGroup lower{second.left, second_half, second_half};
  const Avx512DirectTile::Strides buffer_strides{strides.left, all_columns, all_columns};
  if (epilogues == nullptr) {
    Avx512DirectTile::multiply(rows, terms, upper, lower, right, buffer_strides, columns);
  } else {
    BufferedEpilogue<float, most_rows, all_columns> upper_epilogue((*epilogues)[0], columns);
    BufferedEpilogue<float, most_rows, all_columns> lower_epilogue((*epilogues)[1], columns);
    for (Index r = 0; r < first.count; ++r) upper_epilogue.take_row(r, r * strides.result);
    for (Index r = 0; r < second.count; ++r) lower_epilogue.take_row(r, r * strides.result);
    upper.epilogue = &upper_epilogue.get();
    lower.epilogue = &lower_epilogue.get();
    Avx512DirectTile::multiply(rows, terms, upper, lower, right, buffer_strides, columns);
  }
  for_each_row([&](float* result, const float* row) { std::copy_n(row, columns, result); });
}

}  // namespace pupil::kernels::detail
