#pragma once
// Cosine embedding loss: rows that belong together are to point the same way, others not. PyTorch's twin is
// nn.CosineEmbeddingLoss. For each pair of rows with the target y, and c the cosine of the angle between them,
//
//   loss = 1 - c where y = 1,  max(c - margin, 0) where y = -1        c = x1 . x2 / sqrt(m1 m2),  m = |x|^2 + 1e-12
//   dc/dx1 = x2 / sqrt(m1 m2) - c x1 / m1                             dc/dx2 = x1 / sqrt(m1 m2) - c x2 / m2

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>

namespace pupil {

struct CosineEmbeddingLossOptions {
  double margin = 0;                   ///< what the cosine of those that do not belong together may be
  std::optional<double> divisor = {};  ///< 1 gives the sum; else the number of rows
};

/// The loss, and its gradients with respect to both that it was computed from.
template <class T, std::size_t Rank>
struct CosineEmbeddingLoss {
  T value = 0;
  Tensor<T, Rank> first;
  Tensor<T, Rank> second;
  Index count = 0;  ///< how many rows have a loss above 0
};

/// The mean over the rows of two tensors [..., features] with targets [...]. Losses are added in double, row by row.
/// Throws ShapeError where the shapes do not fit, IndexError for a target that is neither 1 nor -1, OptionError for a
/// divisor that is not positive.
template <class T, std::size_t Rank>
requires(Rank >= 2) CosineEmbeddingLoss<T, Rank> cosine_embedding_loss(const Tensor<T, Rank>& first,
                                                                       const Tensor<T, Rank>& second,
                                                                       const Tensor<std::int32_t, Rank - 1>& targets,
                                                                       const CosineEmbeddingLossOptions& options = {}) {
  Shape<Rank - 1> row_shape;
  std::copy_n(first.shape().begin(), Rank - 1, row_shape.dims.begin());
  require<ShapeError>(first.shape() == second.shape() && targets.shape() == row_shape,
                      "cosine_embedding_loss: ", second.shape(), " and the targets ", targets.shape(), " do not fit ",
                      first.shape());
  require<OptionError>(!options.divisor || *options.divisor > 0, "cosine_embedding_loss: the divisor ",
                       options.divisor.value_or(0), " is not positive");
  for (Index r = 0; r < targets.size(); ++r) {
    require<IndexError>(targets[r] == 1 || targets[r] == -1, "cosine_embedding_loss: target ", targets[r], " of row ",
                        r, " is neither 1 nor -1");
  }
  const Index rows = first.rows(), size = first.columns();
  const double divisor = options.divisor.value_or(static_cast<double>(std::max<Index>(rows, 1)));
  CosineEmbeddingLoss<T, Rank> loss{0, Tensor<T, Rank>(first.shape()), Tensor<T, Rank>(first.shape())};
  auto losses = Tensor<T, 1>::uninitialized({rows});
  parallel_ranges(rows, rows_a_range(2 * size), [&, scale = static_cast<T>(1 / divisor)](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      constexpr T epsilon = static_cast<T>(1e-12);
      const T *const x = first.row(r), *const y = second.row(r);
      const T x_square = kernels::dot_lanes(x, x, size) + epsilon;
      const T y_square = kernels::dot_lanes(y, y, size) + epsilon;
      const T root = std::sqrt(x_square) * std::sqrt(y_square);
      const T cosine = kernels::dot_lanes(x, y, size) / root;
      losses[r] = targets[r] == 1 ? 1 - cosine : cosine - static_cast<T>(options.margin);
      if (targets[r] == -1 && losses[r] <= 0) {
        losses[r] = 0;
        continue;
      }
      const T d_cosine = targets[r] == 1 ? -scale : scale;
      for (Index i = 0; i < size; ++i) {
        loss.first.row(r)[i] = d_cosine * (y[i] / root - cosine * x[i] / x_square);
        loss.second.row(r)[i] = d_cosine * (x[i] / root - cosine * y[i] / y_square);
      }
    }
  });
  double sum = 0;
  for (const T row_loss : losses) sum += static_cast<double>(row_loss);
  loss.value = static_cast<T>(sum / divisor);
  loss.count = rows - std::count(losses.begin(), losses.end(), T{0});
  return loss;
}

}  // namespace pupil
