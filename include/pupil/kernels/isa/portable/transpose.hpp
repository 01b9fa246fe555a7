#pragma once
// Lines that are copied to where they stand as columns.

#include <algorithm>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

/// destination[k * destination_stride + line] = source[line * stride + k] for `count` lines of `length` numbers. Cut so
/// that what is read and what is written of one piece stays in the first-level cache.
template <class T>
void copy_lines_transposed(const T* source, Index stride, Index count, Index length, T* destination,
                           Index destination_stride) {
  constexpr Index length_at_once = 16;
  for (Index first = 0; first < length; first += length_at_once) {
    const Index last = std::min(length, first + length_at_once);
    for (Index line = 0; line < count; ++line) {
      for (Index k = first; k < last; ++k) destination[k * destination_stride + line] = source[line * stride + k];
    }
  }
}

}  // namespace pupil::kernels
