#pragma once
// The passes of a batch norm, a residual and a rectifier together over a matrix [rows, channels]. With z = (x - mean) *
// scale + shift + residual and the rectifier f:
//
//   forward   y = f(z), and a bit for each element that f lets pass            one pass
//   backward  dz = dy where a bit says so, else 0; sums over dz and dz (x - mean), then dx as in norm/batch_norm.hpp
//   and
//             d_residual = dz                                                   two passes
//
// Passes go along the bits, in groups of 64 elements that lie together (pointwise/mask_groups.hpp), whatever channels
// these have.

#include <algorithm>
#include <array>
#include <cstdint>

#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/pointwise/mask_groups.hpp>
#include <pupil/kernels/pointwise/rectifier.hpp>

namespace pupil::kernels {

/// y = f((x - mean) * scale + shift + residual), and which elements f lets pass, of which a mask of the right size
/// gives its memory; where f is none, the mask stays as it is. The residual may be null.
template <class T>
void normalize_and_rectify(const RowMajor<T>& x, const Tensor<T, 1>& mean, const Tensor<T, 1>& scale,
                           const Tensor<T, 1>& shift, const T* residual, Activation activation, T* y, BitMask& passes) {
  using detail::mask_group;
  const Index size = x.rows * x.columns;
  const bool is_masked = activation != Activation::none;
  if (is_masked && passes.size() != size) passes = BitMask(size);
  const detail::CyclicRow<T> means(mean), scales(scale), shifts(shift);
  with_rectifier(activation, [&]<class Function>(Function) {
    const std::array<const T*, 2> sources{x.data, residual};
    detail::for_each_whole_block(size, sources, std::array{y}, [&](Index b, const auto& from, const auto& to) {
      detail::MaskWords words{};
      detail::for_each_mask_group(b, x.columns, [&](Index bit, Index offset, Index column) {
        T* const z = to[0] + offset;
        const auto normalized =
            (group_at<mask_group>(from[0] + offset) - means.from(column)) * scales.from(column) + shifts.from(column);
        if (from[1] == nullptr) {
          group_at<mask_group>(z) = normalized;
        } else {
          group_at<mask_group>(z) = normalized + group_at<mask_group>(from[1] + offset);
        }
        for (std::size_t k = 0; k < words.size(); ++k) {
          words[k] |= static_cast<std::uint32_t>(Function::passes(z[k])) << bit;
          z[k] = Function::value(z[k]);
        }
      });
      if (is_masked) std::copy(words.begin(), words.end(), passes.block(b));
    });
  });
}

/// As batch_norm_sums, of dz: dy where `passes` says so, or everywhere where that is null.
template <class T>
void rectified_batch_norm_sums(const RowMajor<T>& dy, const RowMajor<T>& x, const Tensor<T, 1>& mean,
                               const BitMask* passes, Tensor<T, 1>& sum_dy, Tensor<T, 1>& sum_dy_x) {
  using detail::mask_group;
  constexpr Index blocks_a_range = pointwise_grain / BitMask::block_size;
  const Index size = x.rows * x.columns;
  const Shape<2> shape{(size + pointwise_grain - 1) / pointwise_grain, x.columns + mask_group};
  const detail::CyclicRow<T> means(mean);
  Tensor<T, 2> sums(shape);
  Tensor<T, 2> products(shape);
  const std::array<const T*, 2> sources{dy.data, x.data};
  detail::for_each_whole_block(size, sources, std::array<T*, 0>{}, [&](Index b, const auto& from, const auto&) {
    T* const sum = sums.row(b / blocks_a_range);
    T* const product = products.row(b / blocks_a_range);
    const std::uint32_t* const words = passes == nullptr ? nullptr : passes->block(b);
    detail::for_each_mask_group(b, x.columns, [&](Index bit, Index offset, Index column) {
      const auto dz = detail::passing(from[0] + offset, words, bit);
      group_at<mask_group>(sum + column) += dz;
      group_at<mask_group>(product + column) += dz * (group_at<mask_group>(from[1] + offset) - means.from(column));
    });
  });
  detail::total_cyclic_sums(sums, sum_dy);
  detail::total_cyclic_sums(products, sum_dy_x);
}

/// dx = dz * by_dy + (x - mean) * by_x + constant and, where it is not null, d_residual = dz, with dz as above. Either
/// may be in the memory of dy.
template <class T>
void rectified_combine_columns(const T* dy, const RowMajor<T>& x, const Tensor<T, 1>& mean, const Tensor<T, 1>& by_dy,
                               const Tensor<T, 1>& by_x, const Tensor<T, 1>& constant, const BitMask* passes, T* dx,
                               T* d_residual) {
  using detail::mask_group;
  const detail::CyclicRow<T> means(mean), factors(by_dy), x_factors(by_x), constants(constant);
  const std::array<const T*, 2> sources{dy, x.data};
  const std::array<T*, 2> results{dx, d_residual};
  detail::for_each_whole_block(x.rows * x.columns, sources, results, [&](Index b, const auto& from, const auto& to) {
    const std::uint32_t* const words = passes == nullptr ? nullptr : passes->block(b);
    detail::for_each_mask_group(b, x.columns, [&](Index bit, Index offset, Index column) {
      const auto dz = detail::passing(from[0] + offset, words, bit);
      if (to[1] != nullptr) group_at<mask_group>(to[1] + offset) = dz;
      group_at<mask_group>(to[0] + offset) =
          dz * factors.from(column) +
          (group_at<mask_group>(from[1] + offset) - means.from(column)) * x_factors.from(column) +
          constants.from(column);
    });
  });
}

}  // namespace pupil::kernels
