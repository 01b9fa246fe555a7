#pragma once
// The tile unit of AMX: eight registers of 16 rows by 64 bytes, and products of bf16 summed in fp32.
//
// Four registers hold 32 x 32 sums, two hold 32 rows of the left operand, two 32 columns of the right one:
//
//                    6       7        right: 16 pairs of depth x 16 columns each
//            4       0       1
//            5       2       3        left: 16 rows, or fewer, x 16 pairs of depth each

#include <array>
#include <atomic>
#include <cstdint>

#include <immintrin.h>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/avx512/kernels.hpp>
#include <pupil/kernels/isa/avx512_bf16/rounding.hpp>

namespace pupil::kernels {

namespace detail {

/// What LDTILECFG reads. The registers of sums and of the left operand have some rows, the others sixteen.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{64, 64, 64, 64, 64, 64, 64, 64};
  std::array<std::uint8_t, 16> rows{};
};
static_assert(sizeof(TileShapes) == 64);

/// The shapes for any number of rows. They are constants, because GCC's intrinsic does not say that it reads them.
inline constexpr auto tile_shapes = [] {
  std::array<TileShapes, 17> all{};
  for (std::uint8_t rows = 1; rows <= 16; ++rows) all[rows].rows = {rows, rows, rows, rows, rows, rows, 16, 16};
  return all;
}();

}  // namespace detail

/// Only to be used where `instruction_set()` is amx. EmulatedAmxUnit has the same members.
class AmxUnit {
 public:
  static constexpr Index most_rows = 16;

  /// The registers' shapes, which each thread sets at the beginning of its work and gives up at the end: while they are
  /// set, the system has 8 KB more to save at every switch of threads.
  class Configuration {
   public:
    [[gnu::target("amx-tile")]] explicit Configuration(Index rows = most_rows) {
      _tile_loadconfig(&detail::tile_shapes[static_cast<std::size_t>(rows)]);
    }
    [[gnu::target("amx-tile")]] ~Configuration() { _tile_release(); }
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;
  };

  /// With as many rows as the thread's configuration.
  explicit AmxUnit(Index /*rows*/ = most_rows) {}

  /// Begins with sums from memory: two groups of rows, of which row r lies at + r * stride.
  [[gnu::target("amx-tile")]] void load_sums(const float* upper, const float* lower, Index stride) {
    // GCC's intrinsics do not say that they read memory; the fence keeps what was written before them before them.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const auto bytes = stride * static_cast<Index>(sizeof(float));
    _tile_loadd(0, upper, bytes);
    _tile_loadd(1, upper + 16, bytes);
    _tile_loadd(2, lower, bytes);
    _tile_loadd(3, lower + 16, bytes);
  }

  /// Writes the sums.
  [[gnu::target("amx-tile")]] void store_sums(float* upper, float* lower, Index stride) const {
    const auto bytes = stride * static_cast<Index>(sizeof(float));
    _tile_stored(0, upper, bytes);
    _tile_stored(1, upper + 16, bytes);
    _tile_stored(2, lower, bytes);
    _tile_stored(3, lower + 16, bytes);
  }

  /// Takes two groups of rows of 16 pairs of depth.
  [[gnu::target("amx-tile")]] void load_left(const Bf16Pair* upper, const Bf16Pair* lower, Index stride) {
    const auto bytes = stride * static_cast<Index>(sizeof(Bf16Pair));
    _tile_loadd(4, upper, bytes);
    _tile_loadd(5, lower, bytes);
  }
  /// Takes twice 16 columns, a row for each of 16 pairs of depth.
  [[gnu::target("amx-tile")]] void load_right(const Bf16Pair* first, const Bf16Pair* second, Index stride) {
    const auto bytes = stride * static_cast<Index>(sizeof(Bf16Pair));
    _tile_loadd(6, first, bytes);
    _tile_loadd(7, second, bytes);
  }

  /// sums += left right, over the 32 terms that the tiles hold.
  [[gnu::target("amx-tile,amx-bf16")]] void multiply_add() {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }

  /// Replaces the sums of 32 columns in memory by what the epilogue makes of them.
  static void finish_stored_rows(const Epilogue<float>& epilogue, Index rows, float* sums, Index stride) {
    // GCC's intrinsics do not say that they write memory; the fence keeps what reads it behind them.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    avx512::finish_stored_rows(epilogue, rows, 32, sums, stride);
  }

  /// See kernels::round_pairs.
  static void round_pairs(const float* first, const float* second, bool interleave, Bf16Pair* pairs, Bf16Pair* rest) {
    round_pairs_avx512(first, second, interleave, pairs, rest);
  }
  /// See kernels::round_line.
  static void round_line(const float* numbers, Index count, Bf16Pair* pairs, Bf16Pair* rest) {
    round_line_avx512(numbers, count, pairs, rest);
  }
  /// See kernels::round_two_lines.
  static void round_two_lines(const float* first, const float* second, Index count, Bf16Pair* pairs, Bf16Pair* rest) {
    round_two_lines_avx512(first, second, count, pairs, rest);
  }
  /// See kernels::transpose_pairs.
  static void transpose_pairs(Bf16Pair* tile) { transpose_pairs_avx512(tile); }
};

}  // namespace pupil::kernels
