#pragma once
// TileForm: a tile as a value. So what is around tiles, which is blocks, threads and the edges of C, is compiled once
// for all tiles whose panels hold the same numbers.

#include <algorithm>
#include <span>

#include <pupil/core/function_ref.hpp>
#include <pupil/kernels/gemm/packing.hpp>
#include <pupil/kernels/isa/arguments/tile.hpp>

namespace pupil::kernels {

/// No tile has more.
inline constexpr Index most_tile_rows = 32;
inline constexpr Index most_tile_columns = 32;

/// The extents of a tile and of its panels.
struct TileExtents {
  Index rows;
  Index columns;
  Index depth_step;       ///< the depth of a block of panels is a multiple of this, but for the last
  Index packed_step;      ///< how many elements of a panel so many terms are, for each of its rows or columns
  Index left_panel_size;  ///< in elements, for `max_depth` terms

  /// How many elements of a panel `depth` terms are, for each of its rows or columns.
  Index packed_depth(Index depth) const { return (depth + depth_step - 1) / depth_step * packed_step; }
};

/// A tile of results of T, whose panels hold `Packed`, for left panels of one order.
template <class T, class Packed>
struct TileForm : TileExtents {
  std::span<const Index> fewer_rows;  ///< ascending: how many it can compute instead, at less cost
  /// The first `rows` rows of a tile, which are all, or one of `fewer_rows`.
  void (*multiply)(Index rows, Index depth, const Packed* left, const Packed* right, const TileTarget<T>& target);
  /// The same of all rows, which packs the right panel on the way; null where the tile cannot.
  void (*multiply_and_pack)(Index depth, const Packed* left, const UnpackedPanel<Packed>& right,
                            const TileTarget<T>& target);
  /// Calls `work()`, in which a thread may multiply panels.
  void (*prepare_thread)(FunctionRef<void()> work);

  /// How many rows are computed to get `wanted` of them.
  Index computed_rows(Index wanted) const {
    const auto found = std::ranges::lower_bound(fewer_rows, wanted);
    return found == fewer_rows.end() ? rows : *found;
  }
};

namespace detail {

template <class Tile>
constexpr std::span<const Index> fewer_rows_of() {
  if constexpr (requires { Tile::fewer_rows; }) return Tile::fewer_rows;
  return {};
}

/// Tile::multiply for a number of rows that is known at run time, one of its forms from number Form on.
template <class Tile, class Order, std::size_t Form = 0>
void multiply_rows(Index rows, Index depth, const typename Tile::Packed* left, const typename Tile::Packed* right,
                   const TileTarget<typename Tile::Scalar>& target) {
  constexpr std::span<const Index> fewer = fewer_rows_of<Tile>();
  if constexpr (Form == fewer.size()) {
    Tile::template multiply<Order::row_stride, Order::depth_stride>(depth, left, right, target);
  } else if (rows == fewer[Form]) {
    Tile::template multiply<Order::row_stride, Order::depth_stride, fewer[Form]>(depth, left, right, target);
  } else {
    multiply_rows<Tile, Order, Form + 1>(rows, depth, left, right, target);
  }
}

/// Tile::multiply_and_pack for left panels of this order, or null.
template <class Tile, class Order>
constexpr decltype(TileForm<typename Tile::Scalar, typename Tile::Packed>::multiply_and_pack) packing_form() {
  constexpr Index row_stride = Order::row_stride, depth_stride = Order::depth_stride;
  if constexpr (requires { &Tile::template multiply_and_pack<row_stride, depth_stride>; }) {
    return &Tile::template multiply_and_pack<row_stride, depth_stride>;
  }
  return nullptr;
}

}  // namespace detail

/// The form of a tile for left panels of this order.
template <class Tile, class Order>
inline constexpr TileForm<typename Tile::Scalar, typename Tile::Packed> tile_form{
    {Tile::rows, Tile::columns, Tile::depth_step, Tile::packed_depth(Tile::depth_step), Order::panel_size},
    detail::fewer_rows_of<Tile>(),
    &detail::multiply_rows<Tile, Order>,
    detail::packing_form<Tile, Order>(),
    [](FunctionRef<void()> work) {
      [[maybe_unused]] const typename Tile::Work kept;
      work();
    }};

}  // namespace pupil::kernels
