#pragma once
// Loops that do nothing but multiply and add, in registers, as fast as the processor can. Each goes round so many times
// and returns how many operations that were, a multiply-add being two.

#include <pupil/core/shape.hpp>

namespace bench {

/// Of floats, with the widest vectors there are.
double multiply_add_floats(pupil::Index rounds);

/// Whether the processor has AMX's tiles of bfloat16 and the system lets this process use them.
bool tiles_are_granted();

/// Of bfloat16 tiles into float tiles. Only where tiles_are_granted.
double multiply_tiles(pupil::Index rounds);

}  // namespace bench
