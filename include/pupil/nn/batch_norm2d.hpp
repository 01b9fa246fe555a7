#pragma once
// BatchNorm2d: batch normalization of images [batch, height, width, channels].
// PyTorch's twin is nn.BatchNorm2d, on channels-last data. The mathematics is in batch_norm.hpp.

#include <pupil/nn/batch_norm.hpp>

namespace pupil {

/// The options of BatchNorm2d.
using BatchNorm2dOptions = BatchNormOptions;

/// What it does and throws is said at detail::BatchNorm.
template <class T>
class BatchNorm2d : public detail::BatchNorm<T> {
 public:
  explicit BatchNorm2d(const BatchNorm2dOptions& options) : detail::BatchNorm<T>("batch_norm2d", options) {}
};

}  // namespace pupil
