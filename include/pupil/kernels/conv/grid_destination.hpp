#pragma once
// Where a convolution's product goes: rows of numbers at the points of a grid, not one behind the other as a matrix's.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>

namespace pupil::kernels {

/// Position (n, y, x) begins at data + n * image_stride + y * line_stride + x * pixel_stride. It starts from zero, or
/// from `bias`. The epilogue comes last.
template <class T>
struct GridDestination {
  T* data;
  Index image_stride;
  Index line_stride;
  Index pixel_stride;
  const T* bias = nullptr;                ///< one number a column
  const Epilogue<T>* epilogue = nullptr;  ///< outlives the convolution

  T* at(Index n, Index y, Index x) const { return data + n * image_stride + y * line_stride + x * pixel_stride; }

  /// Whether all positions of a grid lie `pixel_stride` apart, as the rows of a matrix.
  bool is_matrix(Index height, Index width) const {
    return line_stride == width * pixel_stride && image_stride == height * line_stride;
  }
};

/// Calls `use(row, numbers)` for each position of `patches` in the grid: which row of the product it is, and where its
/// numbers are.
template <class T, class Use>
void for_each_position(const Patches<T>& patches, const GridDestination<T>& grid, const Use& use) {
  const Index width = patches.out_width;
  parallel_for(patches.rows / std::max<Index>(1, width), [&](Index line) {
    const Index n = line / patches.out_height;
    for (Index x = 0; x < width; ++x) use(line * width + x, grid.at(n, line - n * patches.out_height, x));
  });
}

}  // namespace pupil::kernels
