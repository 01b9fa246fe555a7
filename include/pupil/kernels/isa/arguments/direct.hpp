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
  Index parts = 1;
  Index left_rest = 0;
  Index right_rest = 0;
};

/// A tile's loop: result(r, c) = start(r, c) + sum over all terms k of left(r, k) right(k, c), or what the group's
/// epilogue makes of that, for `rows` rows of each of two groups, which have epilogues or not, and the first `columns`
/// columns. `right` is a packed panel. Which tile it is of says how many rows and columns there may be.
template <class Element>
using DirectMultiply = void (*)(const DirectTerms& terms, const DirectGroup<Element>& first,
                                const DirectGroup<Element>& second, const Element* right, const DirectStrides& strides,
                                Index rows, Index columns);

}  // namespace pupil::kernels
