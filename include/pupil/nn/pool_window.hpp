#pragma once
// What max and average pooling ask of their options and inputs.

#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/kernels/pool/pool2d.hpp>

namespace pupil::detail {

/// Throws OptionError, in the layer's name, where the window cannot slide, or where it could lie wholly in padding.
inline void check_pool_window(std::string_view layer, const kernels::PoolWindow& window) {
  const auto& [kernel, stride, padding] = window;
  require<OptionError>(kernel.height >= 1 && kernel.width >= 1, layer, ": the kernel size is ", kernel,
                       ", not at least 1");
  require<OptionError>(stride.height >= 1 && stride.width >= 1, layer, ": the stride is ", stride, ", not at least 1");
  const auto fits = [](Index side, Index extent) { return side >= 0 && side <= extent / 2; };
  require<OptionError>(fits(padding.top, kernel.height) && fits(padding.bottom, kernel.height) &&
                           fits(padding.left, kernel.width) && fits(padding.right, kernel.width),
                       layer, ": the padding ", padding, " is not between 0 and half the kernel size ", kernel);
}

/// The shape of the layer's output. Throws ShapeError, in the layer's name, where no window fits into `x`.
inline Shape<4> checked_pooled_shape(std::string_view layer, const Shape<4>& x, const kernels::PoolWindow& window) {
  const Shape<4> y = kernels::pooled_shape(x, window);
  require<ShapeError>(x[1] >= 1 && x[2] >= 1, layer, ": the input ", x, " has no pixels");
  require<ShapeError>(y[1] >= 1 && y[2] >= 1, layer, ": the input ", x, " with padding ", window.padding,
                      " is smaller than the window ", window.kernel_size);
  return y;
}

}  // namespace pupil::detail
