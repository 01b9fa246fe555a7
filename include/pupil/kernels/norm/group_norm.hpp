#pragma once
// Group normalization: the pixels of one image are a matrix [pixels, channels], and its columns are normalized by the
// passes of norm/batch_norm.hpp, with moments that a group of neighbouring columns shares. Images are taken in
// parallel.
//
//   m = mean of the group's channel means        v = mean of (channel variance + (channel mean - m)^2)

#include <cmath>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/norm/batch_norm.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>

namespace pupil::kernels {

/// What the forward pass finds out about every group of every image.
template <class T>
struct GroupMoments {
  Tensor<T, 2> mean;               ///< [images, groups]
  Tensor<T, 2> inverse_deviation;  ///< [images, groups], 1 / sqrt(variance + epsilon)
};

namespace detail {

/// Image n of [images * pixels, channels] as a matrix [pixels, channels].
template <class T>
RowMajor<T> image_of(const RowMajor<T>& x, Index n, Index images) {
  const Index pixels = x.rows / images;
  return {x.data + n * pixels * x.stride, pixels, x.columns, x.stride};
}

/// Channel c gets the number of its group.
template <class T>
Tensor<T, 1> by_channel(const T* of_groups, Index groups, Index channels) {
  auto result = Tensor<T, 1>::uninitialized({channels});
  for (Index c = 0; c < channels; ++c) result[c] = of_groups[c / (channels / groups)];
  return result;
}

/// The moments of all groups of one image.
template <class T>
void group_moments(const RowMajor<T>& x, Index groups, double epsilon, T* mean, T* inverse_deviation) {
  auto channel_mean = Tensor<T, 1>::uninitialized({x.columns});
  auto channel_variance = Tensor<T, 1>::uninitialized({x.columns});
  column_moments(x, channel_mean, channel_variance);
  const Index channels = x.columns / groups;
  for (Index g = 0; g < groups; ++g) {
    double centre = 0;
    double variance = 0;
    for (Index c = g * channels; c < (g + 1) * channels; ++c) {
      centre += static_cast<double>(channel_mean[c]) / static_cast<double>(channels);
    }
    for (Index c = g * channels; c < (g + 1) * channels; ++c) {
      const double offset = static_cast<double>(channel_mean[c]) - centre;
      variance += (static_cast<double>(channel_variance[c]) + offset * offset) / static_cast<double>(channels);
    }
    mean[g] = static_cast<T>(centre);
    inverse_deviation[g] = static_cast<T>(1 / std::sqrt(variance + epsilon));
  }
}

}  // namespace detail

/// y = (x - mean) * inverse_deviation * weight + bias for x [images * pixels, channels], with moments of each image and
/// group; `moments` has room for them, and so says how many there are.
template <class T>
void group_norm(const RowMajor<T>& x, double epsilon, const Tensor<T, 1>& weight, const Tensor<T, 1>& bias,
                GroupMoments<T>& moments, T* y) {
  const Index images = moments.mean.dim(0);
  const Index groups = moments.mean.dim(1);
  parallel_for(images, x.rows / std::max<Index>(1, images) * x.columns, [&](Index n) {
    const RowMajor<T> image = detail::image_of(x, n, images);
    detail::group_moments(image, groups, epsilon, moments.mean.row(n), moments.inverse_deviation.row(n));
    const auto mean = detail::by_channel(moments.mean.row(n), groups, x.columns);
    auto scale = detail::by_channel(moments.inverse_deviation.row(n), groups, x.columns);
    for (Index c = 0; c < x.columns; ++c) scale[c] *= weight[c];
    normalize_columns(image, mean, scale, bias, y + n * image.rows * x.columns);
  });
}

/// dy becomes dx. Adds to the gradients of weight and bias, each of which may be null. With n numbers in a group,
/// a = sum of dy w and b = sum of dy w (x - m) over them:
///   dx = s w dy - s^3 b / n (x - m) - s a / n
template <class T>
void group_norm_backward(T* dy, const RowMajor<T>& x, const GroupMoments<T>& moments, const Tensor<T, 1>& weight,
                         T* weight_gradient, T* bias_gradient) {
  const Index images = moments.mean.dim(0);
  const Index groups = moments.mean.dim(1);
  const Index channels = x.columns / groups;  // of a group
  auto weight_sums = Tensor<T, 2>::uninitialized({images, x.columns});
  auto bias_sums = Tensor<T, 2>::uninitialized({images, x.columns});
  parallel_for(images, x.rows / std::max<Index>(1, images) * x.columns, [&](Index n) {
    const RowMajor<T> image = detail::image_of(x, n, images);
    T* const image_dy = dy + n * image.rows * x.columns;
    const auto mean = detail::by_channel(moments.mean.row(n), groups, x.columns);
    auto sum_dy = Tensor<T, 1>::uninitialized(mean.shape());
    auto sum_dy_x = Tensor<T, 1>::uninitialized(mean.shape());
    batch_norm_sums(RowMajor<T>{image_dy, image.rows, x.columns, x.columns}, image, mean, sum_dy, sum_dy_x);

    auto by_dy = Tensor<T, 1>::uninitialized(mean.shape());
    auto by_x = Tensor<T, 1>::uninitialized(mean.shape());
    auto constant = Tensor<T, 1>::uninitialized(mean.shape());
    const T count = static_cast<T>(image.rows * channels);
    for (Index g = 0; g < groups; ++g) {
      const T s = moments.inverse_deviation(n, g);
      T a = 0;
      T b = 0;
      for (Index c = g * channels; c < (g + 1) * channels; ++c) {
        a += weight[c] * sum_dy[c];
        b += weight[c] * sum_dy_x[c];
        weight_sums(n, c) = s * sum_dy_x[c];
        bias_sums(n, c) = sum_dy[c];
      }
      for (Index c = g * channels; c < (g + 1) * channels; ++c) {
        by_dy[c] = s * weight[c];
        by_x[c] = -s * s * s * b / count;
        constant[c] = -s * a / count;
      }
    }
    combine_columns(image_dy, image, mean, by_dy, by_x, constant);
  });
  if (weight_gradient != nullptr) add_column_sums(matrix(weight_sums), weight_gradient);
  if (bias_gradient != nullptr) add_column_sums(matrix(bias_sums), bias_gradient);
}

}  // namespace pupil::kernels
