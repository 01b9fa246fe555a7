#pragma once
// TileForm: a tile as a value. So what is around tiles, which is blocks, threads and the edges of C, is compiled once
// for all tiles whose panels hold the same numbers.

#include <array>
#include <cstddef>
#include <span>
#include <utility>

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
  /// What multiplies a pair of panels, for the first `rows` rows of a tile.
  struct OfRows {
    Index rows;
    void (*multiply)(Index depth, const Packed* left, const Packed* right, const TileTarget<T>& target);
  };
  std::span<const OfRows> of_rows;  ///< ascending; the last is of all rows
  /// That of all rows, which packs the right panel on the way; null where the tile cannot.
  void (*multiply_and_pack)(Index depth, const Packed* left, const UnpackedPanel<Packed>& right,
                            const TileTarget<T>& target);
  /// Calls `work()`, in which a thread may multiply panels.
  void (*prepare_thread)(FunctionRef<void()> work);

  /// That of the fewest rows to get `wanted` of them.
  const OfRows& of_at_least(Index wanted) const {
    std::size_t i = 0;
    while (of_rows[i].rows < wanted) ++i;
    return of_rows[i];
  }
};

namespace detail {

/// How many rows a tile can compute instead of all, at less cost.
template <class Tile>
constexpr auto fewer_rows_of() {
  if constexpr (requires { Tile::fewer_rows; }) {
    return Tile::fewer_rows;
  } else {
    return std::array<Index, 0>{};
  }
}

/// Tile::multiply for left panels of this order, for all numbers of rows.
template <class Tile, class Order>
inline constexpr auto multiply_of_rows = []<std::size_t... Form>(std::index_sequence<Form...>) {
  using OfRows = typename TileForm<typename Tile::Scalar, typename Tile::Packed>::OfRows;
  constexpr Index row_stride = Order::row_stride, depth_stride = Order::depth_stride;
  [[maybe_unused]] constexpr auto fewer = fewer_rows_of<Tile>();
  return std::array{OfRows{fewer[Form], &Tile::template multiply<row_stride, depth_stride, fewer[Form]>}...,
                    OfRows{Tile::rows, &Tile::template multiply<row_stride, depth_stride, Tile::rows>}};
}
(std::make_index_sequence<fewer_rows_of<Tile>().size()>{});

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
    detail::multiply_of_rows<Tile, Order>,
    detail::packing_form<Tile, Order>(),
    [](FunctionRef<void()> work) {
      [[maybe_unused]] const typename Tile::Work kept;
      work();
    }};

}  // namespace pupil::kernels
