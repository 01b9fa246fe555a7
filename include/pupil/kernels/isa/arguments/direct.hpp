#pragma once
// What tiles of direct convolutions are given: groups of positions, and the terms of their sums. An element of an
// operand is a float, or a pair of bf16.

#include <pupil/core/shape.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

/// Where a group of rows is read, where its sums start, and where they go. Their epilogue, where they are complete, has
/// the residual of the group's first row.
template <class Element>
struct DirectGroup {
  const Element* left;
  const float* start;
  float* result;
  const Epilogue<float>* epilogue = nullptr;
};

/// The distances between rows: of the left operand, of the starts (may be 0) and of the results.
struct DirectStrides {
  Index left, start, result;
};

/// How many elements a sum has: `depth` that lie together in each of `lines`, which lie `stride` apart. Where numbers
/// are kept in two parts, the second lie behind the first, `left_rest` and `right_rest` elements further on.
struct DirectTerms {
  Index depth;
  Index lines = 1;
  Index stride = 0;
  Index left_rest = 0;
  Index right_rest = 0;
};

}  // namespace pupil::kernels
