#pragma once
// Where a tile of a product C = A B starts, its place in C, and its epilogue.

#include <algorithm>
#include <array>
#include <optional>

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

/// Where a tile of C starts from and where it goes. Its epilogue, where it has one, is made in `epilogue`.
template <class T>
TileTarget<T> tile_target(const Destination<T>& c, const DepthPlace& place, Index row, Index column,
                          Epilogue<T>& epilogue) {
  static constexpr std::array<T, most_tile_columns> zeros{};
  const Index offset = row * c.stride + column;
  T* const result = c.data + offset;
  TileTarget<T> target{result, c.stride, result, c.stride};
  if (place.is_first && !c.accumulate) {
    target.start = c.bias != nullptr ? c.bias + column : zeros.data();
    target.start_stride = 0;
  }
  if (place.is_last && c.epilogue != nullptr) {
    epilogue = c.epilogue->from(column, offset);
    target.epilogue = &epilogue;
  }
  return target;
}

/// Computes a tile that reaches beyond C in a buffer, and keeps the first `rows` rows and `columns` columns. `target`
/// is that of the part inside.
template <class T, class Packed>
void multiply_edge(const TileForm<T, Packed>& tile, Index depth, const Packed* left, const Packed* right, Index rows,
                   Index columns, const TileTarget<T>& target) {
  constexpr Index stride = most_tile_columns;
  std::array<T, most_tile_rows * stride> buffer{};
  TileTarget<T> buffered{buffer.data(), stride, buffer.data(), stride};
  std::optional<BufferedEpilogue<T, most_tile_rows, stride>> epilogue;
  if (target.epilogue != nullptr) buffered.epilogue = &epilogue.emplace(*target.epilogue, columns).get();
  for (Index r = 0; r < rows; ++r) {
    std::copy_n(target.start + r * target.start_stride, columns, buffer.data() + r * stride);
    if (epilogue) epilogue->take_row(r, r * target.result_stride);
  }
  tile.of_at_least(rows).multiply(depth, left, right, buffered);
  for (Index r = 0; r < rows; ++r) {
    std::copy_n(buffer.data() + r * stride, columns, target.result + r * target.result_stride);
  }
}

/// Asks for the tile of C that comes after the one at (row, column) of a block, whose columns of tiles are taken one
/// after another: a tile is too short to hide a miss.
template <class T>
void prefetch_next_tile(const TileExtents& tile, const Destination<T>& c, const Block& block, Index row, Index column) {
  row += tile.rows;
  if (row >= block.last_row) {
    row = block.first_row;
    column += tile.columns;
  }
  if (column >= block.last_column) return;
  const Index last_row = std::min(block.last_row, row + tile.rows);
  for (Index r = row; r < last_row; ++r) prefetch_run(c.data + r * c.stride + column, tile.columns);
}

}  // namespace pupil::kernels::detail
