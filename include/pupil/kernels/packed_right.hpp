#pragma once
// The right operand of many products, packed beforehand: a weight that every step of a sequence is multiplied by.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/packing.hpp>

namespace pupil::kernels {

/// A right operand packed once, for many products: all panels of the first depth block, then of the next. The Tile
/// says at which precision it was packed, and so is multiplied.
template <class Tile>
class PackedRight {
 public:
  using Packed = typename Tile::Packed;

  PackedRight() = default;

  template <class Operand>
  explicit PackedRight(const Operand& operand) {
    with_right_operand<Tile>(operand,
                             [this](const RightOperand<Packed>& any_operand) { *this = PackedRight(any_operand); });
  }

  explicit PackedRight(const RightOperand<Packed>& operand)
      : rows_(operand.rows),
        columns_(operand.columns),
        panels_(Tile::packed_depth(rows_) * round_up(columns_, Tile::columns)) {
    constexpr Index panels_a_task = 4;
    const Index width = panels_a_task * Tile::columns;
    const DepthBlocks blocks(rows_, Tile::depth_step);
    const Index tasks_a_block = (columns_ + width - 1) / width;
    parallel_for(blocks.count * tasks_a_block, [&](Index task) {
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
    const DepthBlocks blocks(rows_, Tile::depth_step);
    return Tile::packed_depth(blocks.begin(block)) * round_up(columns_, Tile::columns) +
           first * Tile::packed_depth(blocks.depth(block));
  }

  Index rows_ = 0;
  Index columns_ = 0;
  Storage<Packed> panels_;
};

}  // namespace pupil::kernels
