#pragma once
// The tile unit of AMX: eight registers of 16 rows by 64 bytes, and products of bf16 summed in fp32.
//
// Four registers hold 32 x 32 sums, two hold 32 rows of the left operand, two 32 columns of the right one:
//
//                    6       7        right: 16 pairs of depth x 16 columns each
//            4       0       1
//            5       2       3        left: 16 rows x 16 pairs of depth each

#include <array>
#include <atomic>
#include <cstdint>

#include <immintrin.h>

#include <pupil/core/shape.hpp>
#include <pupil/kernels/x86/bf16_avx512.hpp>
#include <pupil/kernels/x86/epilogue_avx512.hpp>

namespace pupil::kernels {

namespace detail {

/// What LDTILECFG reads.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{64, 64, 64, 64, 64, 64, 64, 64};
  std::array<std::uint8_t, 16> rows{16, 16, 16, 16, 16, 16, 16, 16};
};
inline constexpr TileShapes tile_shapes{};
static_assert(sizeof tile_shapes == 64);

}  // namespace detail

/// Only to be used where `instruction_set()` is amx. EmulatedAmxUnit has the same members.
class AmxUnit {
 public:
  /// The registers' shapes, which each thread sets at the beginning of its work and gives up at the end: while they are
  /// set, the system has 8 KB more to save at every switch of threads.
  class Configuration {
   public:
    [[gnu::target("amx-tile")]] Configuration() { _tile_loadconfig(&detail::tile_shapes); }
    [[gnu::target("amx-tile")]] ~Configuration() { _tile_release(); }
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;
  };

  /// Begins with 32 x 32 sums from memory, row r at from + r * stride.
  [[gnu::target("amx-tile")]] void load_sums(const float* from, Index stride) {
    // GCC's intrinsics do not say that they read memory; the fence keeps what was written before them before them.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const auto bytes = stride * static_cast<Index>(sizeof(float));
    _tile_loadd(0, from, bytes);
    _tile_loadd(1, from + 16, bytes);
    _tile_loadd(2, from + 16 * stride, bytes);
    _tile_loadd(3, from + 16 * stride + 16, bytes);
  }

  /// Writes the sums.
  [[gnu::target("amx-tile")]] void store_sums(float* to, Index stride) const {
    const auto bytes = stride * static_cast<Index>(sizeof(float));
    _tile_stored(0, to, bytes);
    _tile_stored(1, to + 16, bytes);
    _tile_stored(2, to + 16 * stride, bytes);
    _tile_stored(3, to + 16 * stride + 16, bytes);
  }

  /// Takes two tiles that lie one after the other: rows 0..15 and 16..31, each of 16 pairs.
  [[gnu::target("amx-tile")]] void load_left(const Bf16Pair* tiles) {
    _tile_loadd(4, tiles, 64);
    _tile_loadd(5, tiles + 256, 64);
  }
  /// Takes two tiles that lie one after the other: columns 0..15 and 16..31, a row for each of 16 pairs.
  [[gnu::target("amx-tile")]] void load_right(const Bf16Pair* tiles) {
    _tile_loadd(6, tiles, 64);
    _tile_loadd(7, tiles + 256, 64);
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
    finish_stored_rows_avx512(epilogue, rows, sums, stride);
  }

  /// See kernels::round_pairs.
  static void round_pairs(const float* first, const float* second, bool interleave, Bf16Pair* pairs, Bf16Pair* rest) {
    round_pairs_avx512(first, second, interleave, pairs, rest);
  }
  /// See kernels::transpose_pairs.
  static void transpose_pairs(Bf16Pair* tile) { transpose_pairs_avx512(tile); }
};

}  // namespace pupil::kernels
