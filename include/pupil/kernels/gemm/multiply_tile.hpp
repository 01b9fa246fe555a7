#pragma once
// One tile of a product C = A B, from a pair of packed panels: its start, its place in C, and its epilogue.

#include <algorithm>
#include <array>

#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/gemm/tile.hpp>

namespace pupil::kernels::detail {

/// Part of C that one task computes.
struct Block {
  Index first_row, last_row, first_column, last_column;
};

/// How many rows a tile computes to get `rows` of them: it may have forms of fewer rows, which cost less.
template <class Tile>
constexpr Index computed_rows(Index rows) {
  if constexpr (requires { Tile::fewer_rows; }) {
    for (const Index fewer : Tile::fewer_rows) {
      if (rows <= fewer) return fewer;
    }
  }
  return Tile::rows;
}

/// Tile::multiply for what `computed_rows` says, of the forms from number Form on.
template <class Tile, class Order, std::size_t Form = 0>
void multiply_rows(Index rows, Index depth, const typename Tile::Packed* left, const typename Tile::Packed* right,
                   const TileTarget<typename Tile::Scalar>& target) {
  if constexpr (requires { Tile::fewer_rows; }) {
    if constexpr (Form < Tile::fewer_rows.size()) {
      if (rows == Tile::fewer_rows[Form]) {
        Tile::template multiply<Order::row_stride, Order::depth_stride, Tile::fewer_rows[Form]>(depth, left, right,
                                                                                                target);
      } else {
        multiply_rows<Tile, Order, Form + 1>(rows, depth, left, right, target);
      }
      return;
    }
  }
  Tile::template multiply<Order::row_stride, Order::depth_stride>(depth, left, right, target);
}

/// As multiply_rows, by the epilogue that `target` has, into a buffer of which `rows` rows and `columns` columns are
/// inside of C.
template <class Tile, class Order, class T>
void multiply_and_finish(Index rows, Index columns, Index depth, const typename Tile::Packed* left,
                         const typename Tile::Packed* right, const TileTarget<T>& target, TileTarget<T> buffered) {
  BufferedEpilogue<T, Tile::rows, Tile::columns> epilogue(*target.epilogue, columns);
  for (Index r = 0; r < rows; ++r) epilogue.take_row(r, r * target.result_stride);
  buffered.epilogue = &epilogue.get();
  multiply_rows<Tile, Order>(computed_rows<Tile>(rows), depth, left, right, buffered);
}

/// Which of all depth blocks one is.
struct DepthPlace {
  bool is_first, is_last;
};

/// Computes one tile of C; where it reaches beyond C, in a buffer of which the part inside is kept.
template <class Tile, class Order, class T>
void multiply_tile(Index depth, const typename Tile::Packed* left, const typename Tile::Packed* right,
                   const Destination<T>& c, const DepthPlace& place, const Block& tile) {
  constexpr std::array<T, Tile::columns> zeros{};
  const Index offset = tile.first_row * c.stride + tile.first_column;
  T* const result = c.data + offset;
  TileTarget<T> target{result, c.stride, result, c.stride};
  if (place.is_first && c.bias != nullptr) {
    target.start = c.bias + tile.first_column;
    target.start_stride = 0;
  } else if (place.is_first && !c.accumulate) {
    target.start = zeros.data();
    target.start_stride = 0;
  }
  Epilogue<T> epilogue;
  const bool is_finished = place.is_last && c.epilogue != nullptr;
  if (is_finished) {
    epilogue = c.epilogue->from(tile.first_column, offset);
    target.epilogue = &epilogue;
  }
  const Index rows = std::min(Tile::rows, tile.last_row - tile.first_row);
  const Index columns = std::min(Tile::columns, tile.last_column - tile.first_column);
  const Index computed = computed_rows<Tile>(rows);
  if (rows == computed && columns == Tile::columns) {
    multiply_rows<Tile, Order>(computed, depth, left, right, target);
    return;
  }
  std::array<T, Tile::rows * Tile::columns> buffer{};
  for (Index r = 0; r < rows; ++r) {
    std::copy_n(target.start + r * target.start_stride, columns, buffer.data() + r * Tile::columns);
  }
  const TileTarget<T> buffered{buffer.data(), Tile::columns, buffer.data(), Tile::columns};
  if (is_finished) {
    multiply_and_finish<Tile, Order>(rows, columns, depth, left, right, target, buffered);
  } else {
    multiply_rows<Tile, Order>(computed, depth, left, right, buffered);
  }
  for (Index r = 0; r < rows; ++r) std::copy_n(buffer.data() + r * Tile::columns, columns, result + r * c.stride);
}

/// Asks for a tile of C, which is needed once the one before it is done: a tile is too short to hide a miss.
template <class Tile, class T>
void prefetch_tile(const Destination<T>& c, Index first_row, Index last_row, Index column) {
  constexpr Index line = 64 / sizeof(T);
  last_row = std::min(last_row, first_row + Tile::rows);
  for (Index r = first_row; r < last_row; ++r) {
    const T* const result = c.data + r * c.stride + column;
    for (Index j = 0; j < Tile::columns; j += line) prefetch(result + j);
  }
}

}  // namespace pupil::kernels::detail
