#pragma once
// A gradient that does not fit.

#include <pupil/core/tensor.hpp>

namespace pupil::testing {

/// Gives the layer two numbers, and to its backward a gradient of one.
template <class Layer>
void go_back_with_one_number_of_two(Layer layer) {
  typename Layer::Context context;
  layer.forward(Tensor<float, 1>({2}), context);
  layer.backward(Tensor<float, 1>({1}), context);
}

}  // namespace pupil::testing
