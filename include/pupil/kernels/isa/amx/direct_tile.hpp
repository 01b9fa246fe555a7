#pragma once
// A tile of a direct convolution by AMX: two groups of up to 16 positions by 32 columns. A tile register's rows are
// neighbouring positions, as they lie in the copy of the image.

#include <pupil/kernels/isa/amx/emulation.hpp>
#include <pupil/kernels/isa/amx/unit.hpp>
#include <pupil/kernels/isa/arguments/direct.hpp>

namespace pupil::kernels {

/// `Unit` is AmxUnit or EmulatedAmxUnit.
template <class Unit>
struct AmxDirectTile {
  static constexpr Index columns = 32;
  /// Pairs of the sum's terms that a register holds of each row.
  static constexpr Index depth_step = 16;

  /// See DirectMultiply: of as many rows as the thread's Configuration has, and all columns. The products of two parts
  /// are summed as AmxTile's.
  [[gnu::target("amx-tile,amx-bf16")]] static void multiply(const DirectTerms& terms,
                                                            const DirectGroup<Bf16Pair>& first,
                                                            const DirectGroup<Bf16Pair>& second, const Bf16Pair* right,
                                                            const DirectStrides& strides, Index rows,
                                                            Index /*columns*/) {
    Unit unit(rows);
    unit.load_sums(first.start, second.start, strides.start);
    for (Index line = 0; line < terms.lines; ++line) {
      const Bf16Pair* upper = first.left + line * terms.stride;
      const Bf16Pair* lower = second.left + line * terms.stride;
      for (Index k = 0; k < terms.depth; k += depth_step, upper += depth_step, lower += depth_step) {
        unit.load_left(upper, lower, strides.left);
        if (terms.parts == 2) {
          const Bf16Pair* const rest = right + terms.right_rest;
          unit.load_right(rest, rest + columns / 2, columns);
          unit.multiply_add();
        }
        unit.load_right(right, right + columns / 2, columns);
        unit.multiply_add();
        if (terms.parts == 2) {
          unit.load_left(upper + terms.left_rest, lower + terms.left_rest, strides.left);
          unit.multiply_add();
        }
        right += depth_step * columns;
      }
    }
    unit.store_sums(first.result, second.result, strides.result);
    if (first.epilogue != nullptr) {
      Unit::finish_stored_rows(*first.epilogue, rows, first.result, strides.result);
      Unit::finish_stored_rows(*second.epilogue, rows, second.result, strides.result);
    }
  }
};

}  // namespace pupil::kernels
