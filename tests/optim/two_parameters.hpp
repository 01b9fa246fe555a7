#pragma once
// The smallest model that an optimizer can be tested on.

#include <pupil/core/random.hpp>
#include <pupil/nn/parameter.hpp>

#include "../support/random_tensor.hpp"

namespace pupil::testing {

/// A matrix and a vector, which have nothing to do with each other.
template <class T>
struct TwoParameters {
  Parameter<T, 2> weight;
  Parameter<T, 1> bias;

  TwoParameters(const Shape<2>& weight_shape, Index bias_size)
      : weight(Tensor<T, 2>(weight_shape)), bias(Tensor<T, 1>({bias_size})) {}

  /// Normal numbers for values and gradients.
  TwoParameters(const Shape<2>& weight_shape, Index bias_size, Rng& rng) : TwoParameters(weight_shape, bias_size) {
    weight.value = random_tensor<T>(weight.value.shape(), rng);
    bias.value = random_tensor<T>(bias.value.shape(), rng);
    set_gradients(rng);
  }

  void set_gradients(Rng& rng) {
    weight.gradient = random_tensor<T>(weight.value.shape(), rng);
    bias.gradient = random_tensor<T>(bias.value.shape(), rng);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight", weight);
    visitor(name / "bias", bias);
  }
};

/// Three steps over one parameter [3] with gradients of known values; returns where it ends.
template <class Optimizer>
Tensor<double, 1> three_known_steps(Optimizer optimizer) {
  TwoParameters<double> model({0, 0}, 3);
  model.bias.value = Tensor<double, 1>({3}, {1, -2, 0.5});
  for (int step = 0; step < 3; ++step) {
    model.bias.gradient = Tensor<double, 1>({3}, {0.1 * (step + 1), -0.3, 2.0 - step});
    optimizer.step(model);
  }
  return model.bias.value;
}

}  // namespace pupil::testing
