#pragma once
// Convolutions of 3 x 3 taps and stride 1 with a quarter of the multiplications: Winograd's F(4 x 4, 3 x 3).
// Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016.
//
// Tiles of 4 x 4 results, next to each other, read squares of 6 x 6 pixels. With the transforms of
// isa/any/winograd_lines.inc, and for each of the 36 numbers of a square by itself,
//
//   forward          y = A^T [(G g G^T) * (B^T d B)] A, where * is a product of matrices: [tiles, C] by [C, K]
//   data gradient    the same of dy, with the filters turned by half a turn, and C and K exchanged
//   weight gradient  dg += G^T [sum over tiles of (A dy A^T) * (B^T d B)] G, where * is [K, tiles] by [tiles, C]
//
// Forward, a task keeps some tiles in the second-level cache from the transform of their pixels to that of their
// results. The terms of every sum are added in an order that does not depend on threads. Of random numbers, sums are
// off from the true ones by two to three times what direct ones are off by (WinogradPoints). A number that is
// not finite makes NaN of all results of the tiles that read it, though not all of them depend on it.

#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/kernels/conv/plan.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/isa/arguments/winograd.hpp>
#include <pupil/kernels/isa/backend.hpp>

namespace pupil::kernels::detail {

/// What Winograd's is computed with.
struct WinogradBackend {
  const WinogradTransforms& transforms;
  const TileForm<float, float>& tile;
  LeftOperand<float> (*left_operand)(const RowMajor<float>&);
  RightOperand<float> (*right_operand)(const Transposed<float>&);

  /// That of the instructions in use.
  static WinogradBackend in_use() {
    return with_backend<float>([]<class Backend>(Backend) -> WinogradBackend {
      using Tile = typename Backend::Tile;
      return {Backend::winograd, tile_form<Tile, RowMajorPanels<Tile>>, kernels::left_operand<Tile, RowMajor<float>>,
              kernels::right_operand<Tile, Transposed<float>>};
    });
  }
};

/// A grid of images that is cut into tiles of 4 x 4 positions, number 0 at the first image's corner.
class WinogradTiles {
 public:
  static constexpr Index side = WinogradSize::results;

  WinogradTiles(Index batch, Index height, Index width)
      : across_((width + side - 1) / side),
        an_image_(across_ * ((height + side - 1) / side)),
        count_(batch * an_image_) {}

  Index count() const { return count_; }

  /// The square of `size` pixels a side, of images [batch, height, width, channels], that begins `before` pixels above
  /// and left of the tile.
  template <class T>
  PixelSquare<T> square(Index tile, T* images, const Shape<4>& shape, Index size, Index above, Index left) const {
    const Index n = tile / an_image_, in_image = tile - n * an_image_;
    const Index y = in_image / across_ * side - above, x = in_image % across_ * side - left;
    const Index line = shape[2] * shape[3];
    return {.corner = images + (n * shape[1] + y) * line + x * shape[3],
            .line_stride = line,
            .pixel_stride = shape[3],
            .first_line = std::max<Index>(0, -y),
            .last_line = std::min(size, shape[1] - y),
            .first_pixel = std::max<Index>(0, -x),
            .last_pixel = std::min(size, shape[2] - x)};
  }

 private:
  Index across_;
  Index an_image_;
  Index count_;
};

/// Filters that were transformed, and packed as right operands [rows, columns], one for each of the 36 numbers: of
/// forward [in_channels, out_channels], of the data gradient the other way round.
class WinogradFilters {
 public:
  static constexpr Index numbers = WinogradSize::numbers * WinogradSize::numbers;

  /// `weight` is [out_channels, 3, 3, in_channels].
  WinogradFilters(const WinogradBackend& backend, const float* weight, Index out_channels, Index in_channels,
                  bool for_data_gradient)
      : rows_(for_data_gradient ? out_channels : in_channels),
        columns_(for_data_gradient ? in_channels : out_channels),
        panel_columns_(backend.tile.columns),
        blocks_(rows_, backend.tile.depth_step),
        panels_(numbers * number_size()) {
    const Index filters_at_once = panel_columns_;
    ThreadScratch<float> transformed(numbers * filters_at_once * in_channels);
    parallel_for((out_channels + filters_at_once - 1) / filters_at_once, filters_at_once * in_channels, [&](Index i) {
      const Index first = i * filters_at_once, count = std::min(filters_at_once, out_channels - first);
      float* const of_filters = transformed.mine();
      for (Index k = 0; k < count; ++k) {
        backend.transforms.transform_filter(weight + (first + k) * taps * in_channels, for_data_gradient, in_channels,
                                            {of_filters + k * in_channels, count * in_channels});
      }
      for (Index p = 0; p < numbers; ++p) {
        const RowMajor<float> of_number{of_filters + p * count * in_channels, count, in_channels, in_channels};
        if (for_data_gradient) {
          pack_rows(of_number, p, first);
        } else {
          const Transposed<float> filters = transposed(of_number);
          pack_columns(backend.right_operand(filters), p, first);
        }
      }
    });
  }

  Index rows() const { return rows_; }
  Index columns() const { return columns_; }

  /// The panels of a depth block from column `first` on, which is a multiple of the tile's columns.
  const float* panels(Index number, Index block, Index first) const {
    return panels_.data() + place(number, block, first);
  }

 private:
  static constexpr Index taps = WinogradSize::taps * WinogradSize::taps;

  Index number_size() const { return rows_ * round_up(columns_, panel_columns_); }
  Index place(Index number, Index block, Index first) const {
    return number * number_size() + blocks_.begin(block) * round_up(columns_, panel_columns_) +
           first * blocks_.depth(block);
  }

  /// Some filters as the columns of a panel, from column `first` on.
  void pack_columns(const RightOperand<float>& filters, Index number, Index first) {
    for (Index d = 0; d < blocks_.count; ++d) {
      filters.pack(0, filters.columns, blocks_.begin(d), blocks_.depth(d), panels_.data() + place(number, d, first));
    }
  }

  /// Some filters as rows of all panels, from row `first` on.
  void pack_rows(const RowMajor<float>& filters, Index number, Index first) {
    for (Index row = 0; row < filters.rows; ++row) {
      Index block = 0;
      while (blocks_.begin(block + 1) <= first + row) ++block;
      for (Index c = 0; c < columns_; c += panel_columns_) {
        float* const to =
            panels_.data() + place(number, block, c) + (first + row - blocks_.begin(block)) * panel_columns_;
        const Index count = std::min(panel_columns_, columns_ - c);
        std::fill(std::copy_n(filters.data + row * filters.stride + c, count, to), to + panel_columns_, 0.0F);
      }
    }
  }

  Index rows_;
  Index columns_;
  Index panel_columns_;
  DepthBlocks blocks_;
  Storage<float> panels_;
};

/// Images to results of as many pixels or others, with `above` and `left` zeros before each.
struct WinogradPass {
  const float* images;
  Shape<4> image_shape;
  float* results;
  Shape<4> result_shape;
  Index above, left;
  const float* bias = nullptr;
  const Epilogue<float>* epilogue = nullptr;
};

/// How many tiles a task takes: as many as stay in the second-level cache, or, where it would then read all filters for
/// too few of them, its share of all.
inline Index winograd_tiles_at_once(Index tiles, Index in_channels, Index out_channels) {
  constexpr Index bytes_in_cache = Index{1} << 21;
  constexpr Index times_read = 4;  // that a tile's numbers are written or read
  constexpr Index numbers = WinogradSize::numbers * WinogradSize::numbers;
  const Index bytes_a_tile = numbers * (in_channels + out_channels) * static_cast<Index>(sizeof(float));
  const Index filter_bytes = numbers * in_channels * out_channels * static_cast<Index>(sizeof(float));
  const Index share = (tiles + num_threads() - 1) / num_threads();
  const Index in_cache = std::clamp<Index>(bytes_in_cache / bytes_a_tile, 1, (share + 1) / 2);
  const bool reads_too_much = filter_bytes / in_cache - filter_bytes / share > times_read * bytes_a_tile;
  return reads_too_much ? share : in_cache;
}

inline void run_winograd(const WinogradBackend& backend, const WinogradPass& pass, const WinogradFilters& filters) {
  constexpr Index numbers = WinogradFilters::numbers;
  const Index in_channels = filters.rows(), out_channels = filters.columns();
  const WinogradTiles tiles(pass.result_shape[0], pass.result_shape[1], pass.result_shape[2]);
  const Index at_once = round_up(winograd_tiles_at_once(tiles.count(), in_channels, out_channels), backend.tile.rows);
  ThreadScratch<float> image_numbers(numbers * at_once * in_channels), products(numbers * at_once * out_channels);
  ThreadScratch<float> left_panels(left_panels_size(backend.tile, at_once));
  parallel_for((tiles.count() + at_once - 1) / at_once, [&](Index task) {
    const Index first = task * at_once, count = std::min(at_once, tiles.count() - first);
    float* const of_images = image_numbers.mine();
    float* const of_results = products.mine();
    for (Index i = 0; i < count; ++i) {
      backend.transforms.transform_image(
          tiles.square(first + i, pass.images, pass.image_shape, WinogradSize::numbers, pass.above, pass.left),
          in_channels, {of_images + i * in_channels, count * in_channels});
    }
    for (Index p = 0; p < numbers; ++p) {
      const RowMajor<float> left{of_images + p * count * in_channels, count, in_channels, in_channels};
      multiply_block<float, float>(
          backend.tile, backend.left_operand(left), {of_results + p * count * out_channels, out_channels},
          {0, count, 0, out_channels}, left_panels.mine(), round_up(out_channels, backend.tile.columns),
          [&](Index d, Index column, Index) { return RightBlock<float>{filters.panels(p, d, column)}; });
    }
    for (Index i = 0; i < count; ++i) {
      const auto square = tiles.square(first + i, pass.results, pass.result_shape, WinogradSize::results, 0, 0);
      const Index corner = square.corner - pass.results;
      const Epilogue<float> epilogue = pass.epilogue == nullptr ? Epilogue<float>{} : pass.epilogue->from(0, corner);
      backend.transforms.finish({of_results + i * out_channels, count * out_channels}, out_channels, pass.bias,
                                pass.epilogue == nullptr ? nullptr : &epilogue, square);
    }
  });
}

/// As conv2d_forward.
inline void winograd_forward(const ConvShape& shape, const float* x, const float* weight, const float* bias, float* y,
                             const Epilogue<float>* epilogue) {
  const WinogradPass pass{.images = x,
                          .image_shape = {shape.batch, shape.height, shape.width, shape.in_channels},
                          .results = y,
                          .result_shape = {shape.batch, shape.out_height, shape.out_width, shape.out_channels},
                          .above = shape.padding.top,
                          .left = shape.padding.left,
                          .bias = bias,
                          .epilogue = epilogue};
  const auto backend = WinogradBackend::in_use();
  run_winograd(backend, pass, WinogradFilters(backend, weight, shape.out_channels, shape.in_channels, false));
}

/// As conv2d_input_gradient.
inline void winograd_input_gradient(const ConvShape& shape, const float* dy, const float* weight, float* dx) {
  const WinogradPass pass{.images = dy,
                          .image_shape = {shape.batch, shape.out_height, shape.out_width, shape.out_channels},
                          .results = dx,
                          .result_shape = {shape.batch, shape.height, shape.width, shape.in_channels},
                          .above = shape.kernel.height - 1 - shape.padding.top,
                          .left = shape.kernel.width - 1 - shape.padding.left};
  const auto backend = WinogradBackend::in_use();
  run_winograd(backend, pass, WinogradFilters(backend, weight, shape.out_channels, shape.in_channels, true));
}

/// As conv2d_weight_gradient.
inline void winograd_weight_gradient(const ConvShape& shape, const float* x, const float* dy, float* gradient) {
  const auto backend = WinogradBackend::in_use();
  constexpr Index numbers = WinogradSize::numbers * WinogradSize::numbers;
  constexpr Index tiles_at_once = 256;
  const Index in_channels = shape.in_channels, out_channels = shape.out_channels;
  const WinogradTiles tiles(shape.batch, shape.out_height, shape.out_width);
  const Index at_once = std::min(tiles_at_once, tiles.count());
  auto of_images = Tensor<float, 3>::uninitialized({numbers, at_once, in_channels});
  auto of_gradients = Tensor<float, 3>::uninitialized({numbers, at_once, out_channels});
  Tensor<float, 3> sums({numbers, out_channels, in_channels});
  for (Index first = 0; first < tiles.count(); first += at_once) {
    const Index count = std::min(at_once, tiles.count() - first);
    parallel_for(count, in_channels + out_channels, [&](Index i) {
      backend.transforms.transform_image(
          tiles.square(first + i, x, {shape.batch, shape.height, shape.width, in_channels}, WinogradSize::numbers,
                       shape.padding.top, shape.padding.left),
          in_channels, {of_images.data() + i * in_channels, at_once * in_channels});
      backend.transforms.transform_gradient(
          tiles.square(first + i, dy, {shape.batch, shape.out_height, shape.out_width, out_channels},
                       WinogradSize::results, 0, 0),
          out_channels, {of_gradients.data() + i * out_channels, at_once * out_channels});
    });
    parallel_for(numbers, [&](Index p) {
      const RowMajor<float> image_rows{of_images.data() + p * at_once * in_channels, count, in_channels, in_channels};
      const RowMajor<float> gradient_rows{of_gradients.data() + p * at_once * out_channels, count, out_channels,
                                          out_channels};
      gemm(transposed(gradient_rows), image_rows,
           Destination<float>{sums.data() + p * out_channels * in_channels, in_channels, true});
    });
  }
  parallel_for(out_channels, in_channels, [&](Index k) {
    backend.transforms.add_filter_gradient({sums.data() + k * in_channels, out_channels * in_channels}, in_channels,
                                           gradient + k * shape.patch_size());
  });
}

}  // namespace pupil::kernels::detail
