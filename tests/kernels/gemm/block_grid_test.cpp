#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/kernels/gemm/block_grid.hpp>

#include "support/thread_counts.hpp"

using pupil::Index;
using pupil::kernels::TileExtents;
using pupil::kernels::detail::Block;
using pupil::kernels::detail::BlockGrid;
using pupil::kernels::detail::grid_of_packed;
using pupil::kernels::detail::grid_of_unpacked;
using pupil::testing::Threads;

namespace {

constexpr TileExtents usual_tile{
    .rows = 14, .columns = 32, .depth_step = 1, .packed_step = 1, .left_panel_size = 14 * 528};

/// Whether every element is in one block, and no block is empty.
bool covers(const BlockGrid& grid) {
  std::vector<int> times(static_cast<std::size_t>(grid.rows * grid.columns));
  for (Index i = 0; i < grid.count(); ++i) {
    const Block block = grid.block(usual_tile, i);
    if (block.first_row >= block.last_row || block.first_column >= block.last_column) return false;
    for (Index row = block.first_row; row < block.last_row; ++row) {
      for (Index column = block.first_column; column < block.last_column; ++column) {
        ++times[static_cast<std::size_t>(row * grid.columns + column)];
      }
    }
  }
  return times == std::vector<int>(times.size(), 1);
}

}  // namespace

TEST_CASE("the blocks of a grid have every element of the result once") {
  constexpr std::uint64_t seed = 20261201;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  for (int trial = 0; trial < 60; ++trial) {
    const Threads threads(1 + static_cast<int>(rng.below(7)));
    const Index rows = 1 + static_cast<Index>(rng.below(700)), columns = 1 + static_cast<Index>(rng.below(900));
    CAPTURE(rows);
    CAPTURE(columns);
    CAPTURE(pupil::num_threads());
    CHECK(covers(grid_of_unpacked(usual_tile, rows, columns)));
    CHECK(covers(grid_of_packed(usual_tile, rows, columns)));
  }
}

TEST_CASE("a result without elements makes a block without any") {
  for (const auto& [rows, columns] : {std::pair<Index, Index>{0, 5}, {5, 0}, {0, 0}}) {
    for (const BlockGrid& grid :
         {grid_of_unpacked(usual_tile, rows, columns), grid_of_packed(usual_tile, rows, columns)}) {
      REQUIRE(grid.count() == 1);
      const Block block = grid.block(usual_tile, 0);
      CHECK((block.last_row - block.first_row) * (block.last_column - block.first_column) == 0);
    }
  }
}

TEST_CASE("one thread packs nothing twice: its blocks are one") {
  const Threads threads(1);
  CHECK(grid_of_unpacked(usual_tile, 3000, 2000).count() == 1);
}

TEST_CASE("threads get blocks of one size, and several each where that hardly means more packing") {
  const Threads threads(2);
  CHECK(grid_of_unpacked(usual_tile, 1024, 1024).count() == 2);
  const BlockGrid many_rows = grid_of_unpacked(usual_tile, 50'000, 64);
  CHECK(many_rows.count() > 2);
  CHECK(many_rows.count() % 2 == 0);
  CHECK(many_rows.across == 1);
}
