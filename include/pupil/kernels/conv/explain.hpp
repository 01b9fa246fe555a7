#pragma once
// explain_conv2d: in a line, what computes a convolution. Where that is decided: conv/plan.hpp.

#include <string>

#include <pupil/kernels/conv/shape.hpp>
#ifndef PUPIL_COMPILED

#include <pupil/kernels/conv/plan.hpp>
#endif

namespace pupil::kernels {

/// As "conv2d 3x3/1 64->64 56x56: forward winograd 4x3, ...; avx512, highest": how this process computes each pass of a
/// convolution of T.
template <class T>
std::string explain_conv2d(const ConvShape& shape);

#ifndef PUPIL_COMPILED
template <class T>
std::string explain_conv2d(const ConvShape& shape) {
  return explain_conv2d(shape, ComputeSettings::of<T>());
}
#endif

}  // namespace pupil::kernels
