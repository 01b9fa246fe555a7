#pragma once
// One tile of a product C = A B, from a pair of packed panels: its start, its place in C, and its epilogue.

#include <algorithm>
#include <array>

#include <pupil/kernels/gemm/block_grid.hpp>
#include <pupil/kernels/gemm/buffered_epilogue.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/gemm/tile_form.hpp>

namespace pupil::kernels::detail {

/// Which of all depth blocks one is.
struct DepthPlace {
  bool is_first, is_last;
};

/// Computes a tile that reaches beyond C in a buffer, and keeps the first `rows` rows and `columns` columns. `target`
/// is that of the part inside.
template <class T, class Packed>
void multiply_edge(const TileForm<T, Packed>& tile, Index depth, const Packed* left, const Packed* right, Index rows,
                   Index columns, const TileTarget<T>& target) {
  constexpr Index stride = most_tile_columns;
  std::array<T, most_tile_rows * stride> buffer{};
  for (Index r = 0; r < rows; ++r) {
    std::copy_n(target.start + r * target.start_stride, columns, buffer.data() + r * stride);
  }
  TileTarget<T> buffered{buffer.data(), stride, buffer.data(), stride};
  if (target.epilogue == nullptr) {
    tile.multiply(tile.computed_rows(rows), depth, left, right, buffered);
  } else {
    BufferedEpilogue<T, most_tile_rows, stride> epilogue(*target.epilogue, columns);
    for (Index r = 0; r < rows; ++r) epilogue.take_row(r, r * target.result_stride);
    buffered.epilogue = &epilogue.get();
    tile.multiply(tile.computed_rows(rows), depth, left, right, buffered);
  }
  for (Index r = 0; r < rows; ++r) {
    std::copy_n(buffer.data() + r * stride, columns, target.result + r * target.result_stride);
  }
}

/// Computes one tile of C, of which `block` says how far C goes. Where `unpacked` has a source, the tile is a whole
/// one, and packs the right panel.
template <class T, class Packed>
void multiply_tile(const TileForm<T, Packed>& tile, Index depth, const Packed* left, const Packed* right,
                   const UnpackedPanel<Packed>& unpacked, const Destination<T>& c, const DepthPlace& place,
                   const Block& block) {
  static constexpr std::array<T, most_tile_columns> zeros{};
  const Index offset = block.first_row * c.stride + block.first_column;
  T* const result = c.data + offset;
  TileTarget<T> target{result, c.stride, result, c.stride};
  if (place.is_first && c.bias != nullptr) {
    target.start = c.bias + block.first_column;
    target.start_stride = 0;
  } else if (place.is_first && !c.accumulate) {
    target.start = zeros.data();
    target.start_stride = 0;
  }
  Epilogue<T> epilogue;
  if (place.is_last && c.epilogue != nullptr) {
    epilogue = c.epilogue->from(block.first_column, offset);
    target.epilogue = &epilogue;
  }
  const Index rows = std::min(tile.rows, block.last_row - block.first_row);
  const Index columns = std::min(tile.columns, block.last_column - block.first_column);
  if (unpacked.source != nullptr) {
    tile.multiply_and_pack(depth, left, unpacked, target);
  } else if (rows == tile.computed_rows(rows) && columns == tile.columns) {
    tile.multiply(rows, depth, left, right, target);
  } else {
    multiply_edge(tile, depth, left, right, rows, columns, target);
  }
}

/// Asks for a tile of C, which is needed once the one before it is done: a tile is too short to hide a miss.
template <class T>
void prefetch_tile(const TileExtents& tile, const Destination<T>& c, Index first_row, Index last_row, Index column) {
  last_row = std::min(last_row, first_row + tile.rows);
  for (Index r = first_row; r < last_row; ++r) prefetch_run(c.data + r * c.stride + column, tile.columns);
}

}  // namespace pupil::kernels::detail
