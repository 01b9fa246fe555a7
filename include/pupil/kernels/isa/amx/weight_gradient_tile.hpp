#pragma once
// A tile of a convolution's weight gradient by AMX: 32 output channels by 32 input channels of one tap, summed over
// positions in two images.

#include <pupil/kernels/isa/amx/emulation.hpp>
#include <pupil/kernels/isa/amx/unit.hpp>
#include <pupil/kernels/isa/avx512/weight_gradient_tile.hpp>

namespace pupil::kernels {

/// How positions lie in memory, whose numbers have `parts` parts.
struct AmxPositions {
  Index parts;
  Index x_stride;  ///< from the pixel that a position reads to that of the next
  Index x_rest;    ///< how far behind an image's numbers their second parts lie
};

/// `Unit` is AmxUnit or EmulatedAmxUnit.
template <class Unit>
struct AmxWeightGradientTile {
  static constexpr Index rows = 32;
  static constexpr Index columns = 32;
  /// Positions that a register holds.
  static constexpr Index depth_step = 16;
  /// Elements of dy for each step and part: the tile of 16 output channels, and that of the 16 next.
  static constexpr Index two_tiles = 512;

  /// sums(k, c) += sum over the positions p of all lines of dy(k, p) x(p, x_channel + c). A line has `count` steps; dy
  /// has all steps of 32 output channels, then of the next, of which this takes number `block`. Parts are summed as
  /// AmxTile's.
  [[gnu::target("amx-tile,amx-bf16")]] static void add(const LineOfPositions<Bf16Pair>* line,
                                                       const LineOfPositions<Bf16Pair>* end, Index block,
                                                       Index x_channel, const AmxPositions& positions, float* sums,
                                                       Index stride) {
    Unit unit{};
    unit.load_sums(sums, sums + 16 * stride, stride);
    for (; line < end; ++line) {
      const Bf16Pair* left = line->dy + block * line->count * positions.parts * two_tiles;
      const Bf16Pair* right = line->x + x_channel;
      for (Index step = 0; step < line->count; ++step, right += depth_step * positions.x_stride) {
        unit.load_left(left, left + two_tiles / 2, 16);
        left += two_tiles;
        if (positions.parts == 2) {
          const Bf16Pair* const rest = right + positions.x_rest;
          unit.load_right(rest, rest + columns / 2, positions.x_stride);
          unit.multiply_add();
        }
        unit.load_right(right, right + columns / 2, positions.x_stride);
        unit.multiply_add();
        if (positions.parts == 2) {
          unit.load_left(left, left + two_tiles / 2, 16);
          unit.multiply_add();
          left += two_tiles;
        }
      }
    }
    unit.store_sums(sums, sums + 16 * stride, stride);
  }
};

}  // namespace pupil::kernels
