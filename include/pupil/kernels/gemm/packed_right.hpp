#pragma once
// The right operand of many products, packed beforehand: a weight that every step of a sequence is multiplied by.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/gemm/packing.hpp>

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
      : PackedRight(operand, 0, DepthBlocks(operand.rows, Tile::depth_step).count) {}

  /// Packs the depth blocks [first_block, last_block) alone.
  PackedRight(const RightOperand<Packed>& operand, Index first_block, Index last_block)
      : rows_(operand.rows), columns_(operand.columns), first_block_(first_block) {
    constexpr Index panels_a_task = 4;
    const Index width = panels_a_task * Tile::columns;
    const DepthBlocks blocks(rows_, Tile::depth_step);
    panels_ = Storage<Packed>(offset(last_block, 0));
    const Index tasks_a_block = (columns_ + width - 1) / width;
    parallel_for((last_block - first_block) * tasks_a_block, width * std::min(max_depth, rows_), [&](Index task) {
      const Index block = first_block + task / tasks_a_block;
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
    return Tile::packed_depth(blocks.begin(block) - blocks.begin(first_block_)) * round_up(columns_, Tile::columns) +
           first * Tile::packed_depth(blocks.depth(block));
  }

  Index rows_ = 0;
  Index columns_ = 0;
  Index first_block_ = 0;
  Storage<Packed> panels_;
};

}  // namespace pupil::kernels
