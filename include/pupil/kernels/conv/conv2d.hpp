#pragma once
// Convolution as three products over gathered patches, without a buffer for the patches.
//
// With P(x) the matrix of patches [N*OH*OW, KH*KW*C] and W the weights [K, KH*KW*C]:
//   forward          y = P(x) W^T + b
//   weight gradient  dW += dy^T P(x)
//   data gradient    an input pixel is read by the taps whose distance to it is a multiple of the stride. The pixels of
//                    one phase (their coordinates modulo the stride) are read by the same taps, so each phase is a
//                    product of patches of dy with the weights of those taps.
// See conv/phases.hpp and conv/joined_phases.hpp. Where tiles read images in place (conv/direct/), nothing is gathered;
// by Winograd's algorithm (conv/winograd/) there are fewer multiplications; depthwise convolutions (conv/depthwise/)
// are no products of matrices. Which of these computes a convolution is decided in conv/plan.hpp.

#include <pupil/kernels/conv/packed_filters.hpp>
#include <pupil/kernels/conv/shape.hpp>
#include <pupil/kernels/isa/arguments/epilogue.hpp>
#ifndef PUPIL_COMPILED
#include <algorithm>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/depthwise/conv2d.hpp>
#include <pupil/kernels/conv/depthwise/weight_gradient.hpp>
#include <pupil/kernels/conv/grid_destination.hpp>
#include <pupil/kernels/conv/group_operands.hpp>
#include <pupil/kernels/conv/joined_phases.hpp>
#include <pupil/kernels/conv/patches.hpp>
#include <pupil/kernels/conv/phases.hpp>
#include <pupil/kernels/conv/plan.hpp>
#include <pupil/kernels/conv/winograd/conv2d.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/conv/direct/conv2d.hpp>
#include <pupil/kernels/conv/direct/stem_weight_gradient.hpp>
#include <pupil/kernels/conv/direct/weight_gradient.hpp>
#endif
#endif

namespace pupil::kernels {

/// y [N, OH, OW, K] from x [N, H, W, C] and weight [K, KH, KW, C / groups]; bias [K] and epilogue may be null. `packed`
/// was made of the weight, or is empty.
template <class T>
void conv2d_forward(const ConvShape& shape, const T* x, const T* weight, const T* bias, T* y,
                    const Epilogue<T>* epilogue = nullptr, const PackedFilters<T>& packed = {});

/// Adds dy^T P(x) to weight_gradient [K, KH, KW, C / groups].
template <class T>
void conv2d_weight_gradient(const ConvShape& shape, const T* x, const T* dy, T* weight_gradient);

/// Writes dx [N, H, W, C].
template <class T>
void conv2d_input_gradient(const ConvShape& shape, const T* dy, const T* weight, T* dx);

#ifndef PUPIL_COMPILED
namespace detail {

/// Calls `use(g)` for every group. Products of a few channels are too small to share out: then threads take whole
/// groups. A few large groups are taken one after another, and each of their products is shared out.
template <class Use>
void for_each_group(const ConvShape& shape, const Use& use) {
  if (shape.groups >= num_threads()) {
    parallel_for(shape.groups, use);
  } else {
    for (Index g = 0; g < shape.groups; ++g) use(g);
  }
}

/// grid = patches * right, as it is planned. patches.columns must be right.rows. `packed` was made of `right`, or is
/// empty.
template <class T, class Right>
void multiply_patches(const Patches<T>& patches, const Right& right, [[maybe_unused]] const PackedFilters<T>& packed,
                      const GridDestination<T>& grid) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<T, float>) {
    if (const FilterForm form = plan_product(patches); form != FilterForm::none) {
      multiply_in_place(form, patches, right_operand<avx512::GemmTile>(right), packed.direct(), grid);
      return;
    }
  }
#endif
  if (grid.is_matrix(patches.out_height, patches.out_width)) {
    gemm(patches, right, Destination<T>{grid.data, grid.pixel_stride, false, grid.bias, grid.epilogue});
    return;
  }
  auto rows = Tensor<T, 2>::uninitialized({patches.rows, right.columns});
  gemm(patches, right, Destination<T>{rows.data(), right.columns, false, grid.bias});
  for_each_position(patches, grid, [&](Index row, T* numbers) {
    std::copy_n(rows.data() + row * right.columns, right.columns, numbers);
    if (grid.epilogue != nullptr) grid.epilogue->finish_row(numbers, right.columns, numbers - grid.data);
  });
}

/// Adds the weight gradient of a group by a product of patches.
template <class T>
void add_weight_gradient_of_patches(const ConvShape& shape, const T* x, const T* dy, Index g, T* weight_gradient) {
  const Index out_channels = shape.out_channels_a_group();
  const Index pixels = shape.batch * shape.out_height * shape.out_width;
  const RowMajor<T> dy_of_group{dy + g * out_channels, pixels, out_channels, shape.out_channels};
  gemm(transposed(dy_of_group), input_patches(shape, x, g),
       Destination<T>{weight_gradient + g * out_channels * shape.patch_size(), shape.patch_size(), true});
}

#if PUPIL_X86_KERNELS
/// Adds the weight gradient of a group, read in place by this tile.
template <class Tile>
void add_weight_gradient_in_place(const ConvShape& shape, const float* x, const float* dy, Index g,
                                  float* weight_gradient, const Tile& tile) {
  const Index out_channels = shape.out_channels_a_group();
  DirectWeightGradient<Tile>(shape, x + g * shape.in_channels_a_group(), dy + g * out_channels,
                             weight_gradient + g * out_channels * shape.patch_size(), tile)
      .run();
}

inline void add_weight_gradient(ConvAlgorithm algorithm, const ConvShape& shape, const float* x, const float* dy,
                                Index g, float* weight_gradient) {
  if (algorithm == ConvAlgorithm::in_place) {
    add_weight_gradient_in_place(shape, x, dy, g, weight_gradient, FloatWeightGradientTile{});
  } else if (algorithm == ConvAlgorithm::in_place_bf16) {
    add_weight_gradient_in_place(with_joined_lines(shape), x, dy, g, weight_gradient, Bf16WeightGradientTile{});
  } else if (algorithm == ConvAlgorithm::stem) {
    StemWeightGradient(shape, input_patches(shape, x, g), dy, weight_gradient).run();
  } else {
    add_weight_gradient_of_patches(shape, x, dy, g, weight_gradient);
  }
}
#endif

/// The data gradient of one phase of one group.
template <class T>
void conv2d_input_gradient_phase(const ConvShape& shape, const T* dy, const T* weight, const Phase& vertical,
                                 const Phase& horizontal, T* dx) {
  const Index channels = shape.in_channels_a_group();
  const Patches<T> patches = gradient_patches(shape, dy, vertical, horizontal);
  const PhaseWeights<T> weights{weight, shape, vertical, horizontal, patches.columns, channels};
  const Index line = shape.width * shape.in_channels;
  const GridDestination<T> pixels{.data = dx + vertical.phase * line + horizontal.phase * shape.in_channels,
                                  .image_stride = shape.height * line,
                                  .line_stride = shape.stride.height * line,
                                  .pixel_stride = shape.stride.width * shape.in_channels};
  if (patches.columns > 0) {
    multiply_patches(patches, weights, {}, pixels);
  } else {  // a stride wider than the kernel leaves pixels that nothing reads
    for_each_position(patches, pixels, [&](Index, T* numbers) { std::fill_n(numbers, channels, T{}); });
  }
}

/// Writes dx by all phases at once.
template <class T>
void conv2d_input_gradient_joined(const JoinedPhases<T>& phases, const T* dy, const T* weight, T* dx) {
  const Patches<T> patches = phases.patches(dy);
  const Tensor<T, 2> weights = phases.weights(weight);
  auto rows = Tensor<T, 2>::uninitialized({patches.rows, weights.columns()});
  const Index line = patches.out_width * weights.columns();
  multiply_patches(patches, matrix(weights), {},
                   GridDestination<T>{.data = rows.data(),
                                      .image_stride = patches.out_height * line,
                                      .line_stride = line,
                                      .pixel_stride = weights.columns()});
  phases.scatter(rows, dx);
}

}  // namespace detail

template <class T>
void conv2d_forward(const ConvShape& shape, const T* x, const T* weight, const T* bias, T* y,
                    const Epilogue<T>* epilogue, const PackedFilters<T>& packed) {
  const ConvAlgorithm algorithm = plan_forward(shape, ComputeSettings::of<T>());
  if (algorithm == ConvAlgorithm::depthwise) return depthwise_conv2d_forward(shape, x, weight, bias, y, epilogue);
  if constexpr (std::is_same_v<T, float>) {
    if (algorithm == ConvAlgorithm::winograd) return detail::winograd_forward(shape, x, weight, bias, y, epilogue);
  }
  const Index out_channels = shape.out_channels_a_group();
  detail::for_each_group(shape, [&](Index g) {
    const Index first = g * out_channels;
    const Epilogue<T> of_group = epilogue == nullptr ? Epilogue<T>{} : epilogue->from(first, first);
    const Index line = shape.out_width * shape.out_channels;
    detail::multiply_patches(detail::input_patches(shape, x, g), detail::filters_of_group(shape, weight, g), packed,
                             GridDestination<T>{.data = y + first,
                                                .image_stride = shape.out_height * line,
                                                .line_stride = line,
                                                .pixel_stride = shape.out_channels,
                                                .bias = bias == nullptr ? nullptr : bias + first,
                                                .epilogue = epilogue == nullptr ? nullptr : &of_group});
  });
}

template <class T>
void conv2d_weight_gradient(const ConvShape& shape, const T* x, const T* dy, T* weight_gradient) {
  const ConvAlgorithm algorithm = plan_weight_gradient(shape, ComputeSettings::of<T>());
  if (algorithm == ConvAlgorithm::depthwise) return depthwise_conv2d_weight_gradient(shape, x, dy, weight_gradient);
  if constexpr (std::is_same_v<T, float>) {
    if (algorithm == ConvAlgorithm::winograd) return detail::winograd_weight_gradient(shape, x, dy, weight_gradient);
#if PUPIL_X86_KERNELS
    detail::for_each_group(shape,
                           [&](Index g) { detail::add_weight_gradient(algorithm, shape, x, dy, g, weight_gradient); });
    return;
#endif
  }
  detail::for_each_group(shape,
                         [&](Index g) { detail::add_weight_gradient_of_patches(shape, x, dy, g, weight_gradient); });
}

template <class T>
void conv2d_input_gradient(const ConvShape& shape, const T* dy, const T* weight, T* dx) {
  const ConvAlgorithm algorithm = plan_data_gradient(shape, ComputeSettings::of<T>());
  if (algorithm == ConvAlgorithm::depthwise) return depthwise_conv2d_input_gradient(shape, dy, weight, dx);
  if constexpr (std::is_same_v<T, float>) {
    if (algorithm == ConvAlgorithm::winograd) return detail::winograd_input_gradient(shape, dy, weight, dx);
  }
  if (algorithm == ConvAlgorithm::joined_phases) {
    return detail::conv2d_input_gradient_joined(detail::JoinedPhases<T>(shape), dy, weight, dx);
  }
  detail::for_each_group(shape, [&](Index g) {
    const T* const weight_of_group = weight + g * shape.out_channels_a_group() * shape.patch_size();
    for (Index py = 0; py < shape.stride.height; ++py) {
      const detail::Phase vertical(py, shape.height, shape.kernel.height, shape.stride.height, shape.padding.top,
                                   shape.dilation.height);
      for (Index px = 0; px < shape.stride.width; ++px) {
        const detail::Phase horizontal(px, shape.width, shape.kernel.width, shape.stride.width, shape.padding.left,
                                       shape.dilation.width);
        detail::conv2d_input_gradient_phase(shape, dy + g * shape.out_channels_a_group(), weight_of_group, vertical,
                                            horizontal, dx + g * shape.in_channels_a_group());
      }
    }
  });
}
#endif

}  // namespace pupil::kernels
