#pragma once
// The right operand of many products, packed beforehand: a weight that every step of a sequence is multiplied by.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/gemm/tile_form.hpp>

namespace pupil::kernels {

/// A right operand packed once for many products by one tile: all panels of the first depth block, then of the next.
template <class Packed>
class PackedRight {
 public:
  PackedRight(const TileExtents& tile, const RightOperand<Packed>& operand)
      : tile_(tile),
        rows_(operand.rows),
        columns_(operand.columns),
        panels_(offset(DepthBlocks(operand.rows, tile.depth_step).count, 0)) {
    constexpr Index panels_a_task = 4;
    const Index width = panels_a_task * tile.columns;
    const DepthBlocks blocks(rows_, tile.depth_step);
    const Index tasks_a_block = (columns_ + width - 1) / width;
    parallel_for(blocks.count * tasks_a_block, width * std::min(max_depth, rows_), [&](Index task) {
      const Index block = task / tasks_a_block;
      const Index first = task % tasks_a_block * width;
      operand.pack(first, std::min(columns_, first + width), blocks.begin(block), blocks.depth(block),
                   panels_.data() + offset(block, first));
    });
  }

  Index rows() const { return rows_; }
  Index columns() const { return columns_; }

  /// The panels of a depth block from column `first` on, which is a multiple of the tile's columns.
  const Packed* panels(Index block, Index first) const { return panels_.data() + offset(block, first); }

 private:
  Index offset(Index block, Index first) const {
    const DepthBlocks blocks(rows_, tile_.depth_step);
    return tile_.packed_depth(blocks.begin(block)) * round_up(columns_, tile_.columns) +
           first * tile_.packed_depth(blocks.depth(block));
  }

  TileExtents tile_;
  Index rows_;
  Index columns_;
  Storage<Packed> panels_;
};

}  // namespace pupil::kernels
