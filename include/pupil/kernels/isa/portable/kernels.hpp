#pragma once
// Kernels of any scalar on any machine, by Eigen's fixed-size arrays, which use whatever the compiler was told the
// machine has.

#include <Eigen/Core>

#include <pupil/kernels/isa/arguments/depthwise.hpp>
#include <pupil/kernels/isa/arguments/tile.hpp>
#include <pupil/kernels/isa/arguments/winograd.hpp>
#include <pupil/kernels/isa/portable/channel_groups.hpp>
#include <pupil/kernels/isa/portable/transpose.hpp>

namespace pupil::kernels {

/// One tile of the result from two packed panels.
template <class T>
struct PortableTile : PlainPanels<T> {
  static constexpr Index rows = 4;
  static constexpr Index columns = 16;

  /// result(r, c) = start(r, c) + sum over k < depth of left(r, k) right(k, c), or what the epilogue makes of that, for
  /// the first Rows rows.
  template <Index RowStride, Index DepthStride, Index Rows = rows>
  static void multiply(Index depth, const T* left, const T* right, const TileTarget<T>& target) {
    using Row = Eigen::Array<T, 1, static_cast<int>(columns)>;
    Row sums[Rows];
    for (Index r = 0; r < Rows; ++r) sums[r] = Eigen::Map<const Row>(target.start + r * target.start_stride);
    for (Index k = 0; k < depth; ++k) {
      const Eigen::Map<const Row, Eigen::Aligned64> right_row(right + k * columns);
      for (Index r = 0; r < Rows; ++r) sums[r] += left[r * RowStride + k * DepthStride] * right_row;
    }
    if (target.epilogue != nullptr) {
      for (Index r = 0; r < Rows; ++r) {
        target.epilogue->finish_row(sums[r].data(), columns, r * target.result_stride);
      }
    }
    for (Index r = 0; r < Rows; ++r) Eigen::Map<Row>(target.result + r * target.result_stride) = sums[r];
  }

  /// Fills a panel of a transposed right operand: panel[k * columns + c] = source[c * stride + k].
  static void copy_transposed(const T* source, Index stride, Index depth, T* panel) {
    copy_lines_transposed(source, stride, columns, depth, panel, columns);
  }
};

/// target = bias + the sum over lines and taps of source * weights, or what the epilogue makes of that.
template <class T>
void gather_run(const GatherRun<T>& run) {
  for (Index pixel = 0; pixel < run.pixels; ++pixel) {
    T* const target = run.target + pixel * run.target_pixel;
    for_each_channel_group(run.channels, [&](Index c, auto group_size) {
      constexpr int count = group_size();
      ChannelGroup<T, count> sum = ChannelGroup<T, count>::Zero();
      if (run.bias != nullptr) sum = group_at<count>(run.bias + c);
      for (Index line = 0; line < run.lines; ++line) {
        const T* source = run.source + pixel * run.source_pixel + line * run.source_line + c;
        const T* weights = run.weights + line * run.weights_line + c;
        for (Index tap = 0; tap < run.taps; ++tap, source += run.source_tap, weights += run.weights_tap) {
          sum += group_at<count>(source) * group_at<count>(weights);
        }
      }
      group_at<count>(target + c) = sum;
    });
    if (run.epilogue != nullptr) run.epilogue->finish_row(target, run.channels, pixel * run.target_pixel);
  }
}

/// sums[v, c] += the sum over outputs i of dy[i, c] * x[i, v, c]
template <class T>
void add_tap_products(const TapProducts<T>& lines) {
  for (Index tap = 0; tap < lines.taps; ++tap) {
    T* const sums = lines.sums + tap * lines.channels;
    for_each_channel_group(lines.channels, [&](Index c, auto group_size) {
      constexpr int group = group_size();
      const T* dy = lines.dy + c;
      const T* x = lines.x + tap * lines.x_tap + c;
      ChannelGroup<T, group> sum = group_at<group>(sums + c);
      for (Index i = 0; i < lines.outputs; ++i, dy += lines.dy_step, x += lines.x_step) {
        sum += group_at<group>(dy) * group_at<group>(x);
      }
      group_at<group>(sums + c) = sum;
    });
  }
}

/// See isa/backend.hpp; it has no transforms of Winograd's.
template <class T>
struct PortableBackend {
  using Tile = PortableTile<T>;
  static constexpr detail::WinogradTransforms winograd{};

  static void gather(const GatherRun<T>& run) { gather_run(run); }
  static void add_products(const TapProducts<T>& lines) { add_tap_products(lines); }
};

}  // namespace pupil::kernels
