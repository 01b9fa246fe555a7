#pragma once
// BatchNorm1d: batch normalization of feature vectors [rows, features] or of sequences [batch, length, features].
// PyTorch's twin is nn.BatchNorm1d, on channels-last data. The mathematics is in batch_norm.hpp.

#include <pupil/nn/batch_norm.hpp>

namespace pupil {

/// The options of BatchNorm1d.
using BatchNorm1dOptions = BatchNormOptions;

/// What it does and throws is said at detail::BatchNorm.
template <class T>
class BatchNorm1d : public detail::BatchNorm<T> {
 public:
  explicit BatchNorm1d(const BatchNorm1dOptions& options) : detail::BatchNorm<T>("batch_norm1d", options) {}
};

}  // namespace pupil
